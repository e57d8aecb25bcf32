import type { Subscription } from '#events/subscription.ts'
import { mapEvents } from './map-events.ts'

/** The newest item of each batch. */
export function latestOf<Item>(
  batches: Subscription<Item>,
): AsyncIterableIterator<Item, undefined> {
  return mapEvents(batches, ({ items }) => {
    const latest = items.at(-1)
    if (latest === undefined) throw new Error('an empty batch')
    return latest
  })
}
