import type { Subscription } from './subscription.ts'

/**
 * A subscription that begins with what is there now, and shows of each item what was chosen.
 *
 * @param onEnd Called once, however it ends.
 */
export function withFirst<Item, Shown>(
  inner: Subscription<Item>,
  { first, chosen, onEnd }: { first: Shown; chosen: (item: Item) => Shown; onEnd: () => void },
): Subscription<Shown> {
  let waiting: { readonly shown: Shown } | undefined = { shown: first }
  let ended = false
  const end = () => {
    if (!ended) onEnd()
    ended = true
  }
  const stop = async () => {
    end()
    await inner.return?.()
    return { done: true, value: undefined } as const
  }
  return {
    async next() {
      if (waiting && !ended) {
        const items = [waiting.shown]
        waiting = undefined
        return { done: false, value: { items, dropped: 0 } }
      }
      try {
        const { done, value } = await inner.next()
        if (!done) return { done, value: { items: value.items.map(chosen), dropped: 0 } }
        end()
        return { done, value: undefined }
      } catch (error) {
        end()
        throw error
      }
    },
    return: stop,
    throw: stop,
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
