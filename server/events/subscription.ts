/**
 * What happens to a subscriber who does not keep up: CLOSE ends the subscription (nothing is ever left out silently),
 * LATEST keeps the newest item only, DROP_OLDEST leaves the oldest out and counts them.
 */
export type Overflow = 'CLOSE' | 'LATEST' | 'DROP_OLDEST'

export interface TopicRule {
  readonly overflow: Overflow
  /** How many items wait for one subscriber; 1 for LATEST. */
  readonly capacity: number
  /** The least time between two batches for one subscriber, in milliseconds. @default 0 */
  readonly everyMs?: number
}

/** What has come since the last read: at least one item. */
export interface Batch<Item> {
  readonly items: readonly Item[]
  /** How many were left out before these. */
  readonly dropped: number
}

/** Items as they come. Reading throws the reason when the subscription was closed for one. */
export type Subscription<Item> = AsyncIterableIterator<Batch<Item>, undefined>
