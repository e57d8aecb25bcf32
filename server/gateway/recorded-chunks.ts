import type { Chunk } from '#domain/chat.ts'
import { asGatewayError, GatewayError } from '#domain/errors.ts'
import { type Answer, type Attempt, callerGone } from './call.ts'
import type { Clock } from './ports.ts'

const over: IteratorResult<Chunk, undefined> = { done: true, value: undefined }

/**
 * The chunks of an answer on their way to the caller: looked at for times and for the end, which settles the call
 * before it is handed out. A plain iterator, because a generator costs more than all that it does here.
 */
export class RecordedChunks implements AsyncIterableIterator<Chunk, undefined> {
  readonly #source: AsyncIterator<Chunk>
  readonly #answer: Answer
  readonly #clock: Clock
  readonly #settle: (error: GatewayError | undefined) => Promise<void>
  #settled: Promise<void> | undefined
  #state: 'open' | 'ended' | 'over' = 'open'

  /** @param settled Settles the call, with what it failed with; called once. */
  constructor(
    answer: Answer,
    {
      clock,
      settled,
    }: { clock: Clock; settled: (error: GatewayError | undefined) => Promise<void> },
  ) {
    this.#source = answer.chunks[Symbol.asyncIterator]()
    this.#answer = answer
    this.#clock = clock
    this.#settle = settled
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<Chunk, undefined>> {
    if (this.#state !== 'open') return this.return()
    const answer = this.#answer
    try {
      answer.attempt.waitingSince ??= this.#clock.now()
      const read = await this.#source.next()
      if (read.done) throw endless(answer.attempt)
      const chunk = read.value
      this.#see(chunk)
      if (chunk.end) {
        answer.attempt.end = chunk.end
        this.#state = 'ended'
        await (this.#settled = this.#settle(undefined))
      }
      return { done: false, value: chunk }
    } catch (thrown) {
      const error = asGatewayError(thrown)
      if (this.#state === 'ended') await this.#source.return?.()
      this.#state = 'over'
      await (this.#settled ??= this.#settle(error))
      throw error
    }
  }

  /** Abandons the answer, unless it has ended. */
  async return(): Promise<IteratorResult<Chunk, undefined>> {
    if (this.#state === 'over') return over
    const abandoned = this.#state === 'open'
    this.#state = 'over'
    if (abandoned) {
      const { call, cancellation } = this.#answer.attempt
      const error = call.cancellation.reason ?? callerGone()
      cancellation.cancel(error)
      this.#settled ??= this.#settle(error)
    }
    try {
      await this.#settled
    } finally {
      await this.#source.return?.()
    }
    return over
  }

  #see({ isComment, events, raw, end, producedBytes }: Chunk): void {
    const { attempt } = this.#answer
    attempt.producedBytes += producedBytes
    if (isComment) return
    if (events.length > 0 || raw || end) attempt.firstTokenAt ??= this.#clock.now()
    attempt.waitingSince = undefined
  }
}

function endless({ target }: Attempt): GatewayError {
  const { name } = target.adapter.config
  return new GatewayError(
    'PROVIDER_PROTOCOL',
    `${name} (${target.model}) ended its answer without saying that it is complete; try again, or another model.`,
    { provider: name, model: target.model },
  )
}
