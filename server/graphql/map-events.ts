/**
 * Turns each event into another. Unlike a generator, `return` reaches the source at once, also while an event is being
 * waited for.
 */
export function mapEvents<From, To>(
  source: AsyncIterator<From, undefined>,
  map: (event: From) => To | Promise<To>,
): AsyncIterableIterator<To, undefined> {
  const stop = async (): Promise<IteratorResult<To, undefined>> => {
    await source.return?.()
    return { done: true, value: undefined }
  }
  return {
    async next() {
      const { done, value } = await source.next()
      return done ? { done, value: undefined } : { done: false, value: await map(value) }
    },
    return: stop,
    throw: stop,
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
