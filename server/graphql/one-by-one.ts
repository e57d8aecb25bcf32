import type { Subscription } from '#events/subscription.ts'

/** The items of batches one by one. `return` reaches the source at once, also while a batch is being waited for. */
export function oneByOne<Item>(
  batches: Subscription<Item>,
): AsyncIterableIterator<Item, undefined> {
  let items: readonly Item[] = []
  let place = 0
  const stop = async (): Promise<IteratorResult<Item, undefined>> => {
    await batches.return?.()
    return { done: true, value: undefined }
  }
  return {
    async next() {
      while (place >= items.length) {
        const { done, value } = await batches.next()
        if (done) return { done, value: undefined }
        items = value.items
        place = 0
      }
      return { done: false, value: items[place++] as Item }
    },
    return: stop,
    throw: stop,
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
