import type { Chunk } from '#domain/chat.ts'
import { asGatewayError, type GatewayError } from '#domain/errors.ts'
import type { ProviderRequest } from '../adapter.ts'
import type { MalformedListener } from '../malformed-events.ts'
import { SseParser, type SseRead } from '../sse.ts'
import type { OpenAnswer } from '../upstream.ts'
import { failure, named } from '../upstream-failure.ts'
import type { Reading } from './document.ts'
import { inBandError } from './errors.ts'
import { KeptBytes } from './kept-bytes.ts'
import { endsFrame, withLineEnd } from './line-ends.ts'
import { Produced } from './message.ts'
import { StreamContent } from './stream-content.ts'

const nothing = Buffer.alloc(0)
const done = Buffer.from('data: [DONE]\n\n')
const blankLine = Buffer.from('\n\n')

interface EventStreamOptions {
  readonly call: Pick<ProviderRequest, 'id' | 'request' | 'cancellation'>
  readonly reading: Reading
  /** Whether nobody but the gateway asked for the usage. */
  readonly withholdsUsage: boolean
  readonly malformed?: MalformedListener | undefined
}

/**
 * An answer that comes as server-sent events: a chunk for each network read, with its bytes as they came, except for
 * the usage that only the gateway asked for, events that cannot be read, and comments before the first event, which
 * would keep whoever waits for it from going elsewhere. What carries `end` stands alone.
 */
export class EventStream implements AsyncIterableIterator<Chunk> {
  readonly #answer: OpenAnswer
  readonly #options: EventStreamOptions
  readonly #parser = new SseParser()
  readonly #content: StreamContent
  #ready: Chunk[] = []
  /** Whether an event has come that is more than a sign of life; with a v0.7.2 configuration all is passed on. */
  #hasBegun: boolean
  #state: 'open' | 'over' = 'open'
  #failure: GatewayError | undefined

  constructor(answer: OpenAnswer, options: EventStreamOptions) {
    this.#answer = answer
    this.#options = options
    this.#hasBegun = options.reading.config.legacy
    this.#content = new StreamContent(options.reading, options.call.request.body)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<Chunk>> {
    for (;;) {
      const { reason } = this.#options.call.cancellation
      const value = this.#ready.shift()
      if (value && (!reason || value.end)) return { done: false, value }
      if (this.#state === 'over' && !this.#failure) return { done: true, value: undefined }
      if (this.#failure) throw reason ?? this.#failure
      await this.#readOn()
    }
  }

  /** Stops: the provider is told by closing the connection, unless the answer has ended. */
  return(): Promise<IteratorResult<Chunk>> {
    if (this.#state === 'open') {
      this.#close()
      this.#answer.abort()
    }
    return Promise.resolve({ done: true, value: undefined })
  }

  async #readOn(): Promise<void> {
    const { cancellation } = this.#options.call
    try {
      if (cancellation.reason) throw cancellation.reason
      const bytes = await this.#answer.read()
      if (bytes) this.#take(this.#parser.push(bytes))
      else this.#takeLast()
    } catch (thrown) {
      const { reason } = cancellation
      if (thrown instanceof RangeError && !reason)
        return this.#fail(this.#protocolError(`sent ${thrown.message}`))
      // Who is through, and then neither says so nor hangs up, has answered all the same.
      const isOver = !reason || reason.code === 'PROVIDER_TIMEOUT'
      if (isOver && this.#isComplete()) return this.#end(nothing)
      this.#fail(reason ?? asGatewayError(thrown))
    }
  }

  #takeLast(): void {
    const rest = this.#parser.finish()
    this.#take(rest)
    if (this.#state === 'over') return
    if (this.#isComplete()) return this.#end(rest.bytes.length === 0 ? nothing : blankLine)
    this.#fail(this.#protocolError('ended its answer before it was complete'))
  }

  #take(read: SseRead): void {
    const { reading, withholdsUsage } = this.#options
    const produced = new Produced()
    const raw = new KeptBytes(read.bytes)
    let isComment = true
    for (const frame of read.frames) {
      if (frame.is('[DONE]')) {
        this.#emit(produced, raw.upTo(frame.start), isComment)
        return this.#endAt(withLineEnd(read.bytes.subarray(frame.start, frame.end)))
      }
      const kind = this.#content.read(frame, produced)
      if (!this.#hasBegun && kind !== 'unreadable') {
        this.#hasBegun = true
        raw.cut({ start: 0, end: frame.start })
      }
      if (typeof kind === 'object') {
        this.#emit(produced, raw.upTo(frame.start), isComment)
        return this.#fail(kind.error)
      }
      if (kind !== 'unreadable') isComment = false
      else if (reading.config.legacy || frame.data.trim() === '') continue
      if (kind === 'unreadable' || (kind === 'account' && withholdsUsage)) raw.cut(frame)
    }
    this.#emit(produced, raw.upTo(read.bytes.length), isComment)
  }

  #emit(produced: Produced, raw: Uint8Array, isComment: boolean): void {
    const isEmpty = raw.length === 0 && produced.events.length === 0 && produced.bytes === 0
    if (isEmpty || !this.#hasBegun) return
    this.#ready.push({ events: produced.events, raw, producedBytes: produced.bytes, isComment })
  }

  #isComplete(): boolean {
    return this.#state === 'open' && this.#content.isComplete
  }

  /** The provider says that it is through: it must have said something before. */
  #endAt(last: Uint8Array): void {
    if (this.#content.hasBegun || this.#options.reading.config.legacy) this.#end(last)
    else this.#fail(this.#protocolError('ended its answer before it had begun'))
  }

  /** @param last The provider's own `[DONE]`; or what ends its last frame where it sent none. */
  #end(last: Uint8Array): void {
    const { about, config } = this.#options.reading
    if (this.#content.isBroken && !config.legacy) return this.#fail(inBandError({}, about))
    this.#close()
    this.#answer.discard()
    this.#ready.push(this.#content.last(this.#closing(last)))
  }

  /** A v0.7.2 caller gets what the provider sent; others get the end that they rely on. */
  #closing(last: Uint8Array): Uint8Array {
    if (this.#options.reading.config.legacy) return last === blankLine ? nothing : last
    if (last === nothing) return done
    if (last === blankLine) return Buffer.concat([blankLine, done])
    return endsFrame(last) ? last : Buffer.concat([last, blankLine])
  }

  #fail(error: GatewayError): void {
    this.#close()
    this.#failure = error
    this.#answer.abort()
  }

  #close(): void {
    this.#state = 'over'
    const { call, malformed, reading } = this.#options
    const { provider, model = '' } = reading.about
    const count = this.#content.malformed
    if (count > 0) malformed?.({ provider, model, requestId: call.id, count })
  }

  #protocolError(what: string): GatewayError {
    const { about } = this.#options.reading
    const { malformed } = this.#content
    const unread = malformed === 0 ? '' : `, with ${malformed} events that are not JSON`
    return failure(
      'PROVIDER_PROTOCOL',
      `${named(about)} ${what}${unread}; try again, or another model.`,
      about,
    )
  }
}
