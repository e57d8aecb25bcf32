import type { Chunk } from '#domain/chat.ts'
import { asGatewayError } from '#domain/errors.ts'
import type { RuledAnswer } from '#domain/ruled-answer.ts'
import type { Answer } from './call.ts'

/**
 * The chunks of an answer that rules rewrite. Their bytes are the provider's and say what rules may have taken out, so they
 * go no further: whoever passes bytes on writes them by itself. A rule that blocks the answer stops the provider.
 */
export class RuledChunks implements AsyncIterableIterator<Chunk, undefined> {
  readonly #answer: Answer
  readonly #source: AsyncIterator<Chunk>
  readonly #ruled: RuledAnswer

  constructor(answer: Answer, ruled: RuledAnswer) {
    this.#answer = answer
    this.#source = answer.chunks[Symbol.asyncIterator]()
    this.#ruled = ruled
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<Chunk, undefined>> {
    const read = await this.#source.next()
    if (read.done) return { done: true, value: undefined }
    const { raw: _bytes, ...chunk } = read.value
    try {
      const taken = this.#ruled.take(chunk.events)
      const events = chunk.end ? [...taken, ...this.#ruled.finish()] : taken
      return { done: false, value: { ...chunk, events } }
    } catch (thrown) {
      const error = asGatewayError(thrown)
      const { attempt } = this.#answer
      attempt.producedBytes += chunk.producedBytes
      // It is paid for all the same, by what the provider says where it has said it.
      attempt.end = chunk.end
      attempt.cancellation.cancel(error)
      throw error
    }
  }

  /** Abandons the answer. */
  async return(): Promise<IteratorResult<Chunk, undefined>> {
    await this.#source.return?.()
    return { done: true, value: undefined }
  }
}
