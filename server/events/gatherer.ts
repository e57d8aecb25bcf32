import type { Clock } from '#gateway/ports.ts'

/** Gathers what happens often, and hands it on together now and then; never makes anybody wait. */
export interface Gatherer<Item> {
  /** Never throws. */
  put(key: string, item: Item): void
  /** Hands on what has been gathered, and resolves when that is done. */
  flush(): Promise<void>
  /** Stops the clock, then flushes. */
  close(): Promise<void>
}

/**
 * @param merge Two items of one key as one.
 * @param write Takes all that was gathered; when it throws, everything is kept for the next time.
 * @param most So many keys are kept at once; what else comes meanwhile is counted.
 * @param failed Told when writes begin to fail, with the reason; and when they succeed again after items were left out.
 */
export function createGatherer<Item>({
  clock,
  everyMs,
  merge,
  write,
  failed,
  most = 10_000,
}: {
  clock: Clock
  everyMs: number
  merge: (earlier: Item, later: Item) => Item
  write: (items: readonly Item[]) => Promise<void>
  failed: (cause: unknown, leftOut: number) => void
  most?: number
}): Gatherer<Item> {
  let gathered = new Map<string, Item>()
  let leftOut = 0
  let failing = false
  let last: Promise<void> = Promise.resolve()

  const put = (into: Map<string, Item>, [key, item]: readonly [string, Item]) => {
    const earlier = into.get(key)
    if (earlier === undefined && into.size >= most) leftOut++
    else into.set(key, earlier === undefined ? item : merge(earlier, item))
  }

  const writeAll = async () => {
    if (gathered.size === 0) return
    const batch = gathered
    gathered = new Map()
    try {
      await write([...batch.values()])
      if (leftOut > 0) failed(new Error('more came than could be kept'), leftOut)
      failing = false
      leftOut = 0
    } catch (cause) {
      const since = gathered
      gathered = batch
      for (const entry of since) put(gathered, entry)
      if (!failing) failed(cause, leftOut)
      failing = true
    }
  }

  const flush = () => {
    last = last.then(writeAll)
    return last
  }
  let busy = false
  const stop = clock.every(everyMs, () => {
    if (busy) return
    busy = true
    void flush().finally(() => {
      busy = false
    })
  })
  return {
    put: (key, item) => put(gathered, [key, item]),
    flush,
    async close() {
      stop()
      await flush()
    },
  }
}
