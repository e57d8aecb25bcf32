/** What replicas tell each other: the id of what has changed stands behind it. */
export type BusTopic = 'api-key' | 'allowance' | 'alert' | 'budget' | 'price' | 'health'

/** The one Postgres channel of all topics. */
export const busChannel = 'orchestrator'

/**
 * What to hand to `pg_notify` together with the channel, in the transaction that makes the change: it is told when, and
 * only if, that commits.
 *
 * @param payload At most some thousand bytes; best an id.
 */
export const busMessage = (topic: BusTopic, payload: string): string => `${topic}:${payload}`

/** Takes a message apart; undefined for what is none. */
export function parseBusMessage(message: string): { topic: string; payload: string } | undefined {
  const colon = message.indexOf(':')
  if (colon < 0) return undefined
  return { topic: message.slice(0, colon), payload: message.slice(colon + 1) }
}
