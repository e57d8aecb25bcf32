import type { Chunk } from '#domain/chat.ts'

/** An answer that is a single chunk. It can be read once. */
export function oneChunk(chunk: Chunk): AsyncIterable<Chunk> {
  let left: Chunk | undefined = chunk
  const iterator: AsyncIterableIterator<Chunk> = {
    [Symbol.asyncIterator]: () => iterator,
    next() {
      const value = left
      left = undefined
      return Promise.resolve(value ? { done: false, value } : { done: true, value: undefined })
    },
  }
  return iterator
}
