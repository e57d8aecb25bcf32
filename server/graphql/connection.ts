/** One subscription's place on a WebSocket. */
export interface Connection {
  /** What the client calls the operation. */
  readonly operationId: string
  /** Whether the socket went away, rather than the client completing the operation. */
  readonly isLost: () => boolean
}
