/** Events of one stream that could not be read, and were passed over. */
export interface MalformedEvents {
  readonly provider: string
  readonly model: string
  /** Of the call whose answer it was. */
  readonly requestId: string
  /** 1 or more. */
  readonly count: number
}

/** Is told once of each stream that had some, when it is over; must not throw and must not wait. */
export type MalformedListener = (seen: MalformedEvents) => void
