import type { Chunk, FinishReason, JsonObject } from '#domain/chat.ts'
import { asGatewayError, type GatewayError } from '#domain/errors.ts'
import type { ProviderRequest } from '../adapter.ts'
import { SseParser, type SseRead } from '../sse.ts'
import type { SseFrame } from '../sse-frame.ts'
import type { OpenAnswer } from '../upstream.ts'
import { failure, named } from '../upstream-failure.ts'
import { type Account, accountOf, latestAccount } from './account.ts'
import type { Reading } from './document.ts'
import { inBandError } from './errors.ts'
import { KeptBytes } from './kept-bytes.ts'
import { endsFrame, withLineEnd } from './line-ends.ts'
import { finishReasonOf, Produced } from './message.ts'
import { PlainDelta } from './plain-delta.ts'
import { listOf, objectOf } from './shape.ts'

const nothing = Buffer.alloc(0)
const done = Buffer.from('data: [DONE]\n\n')
const blankLine = Buffer.from('\n\n')

/**
 * An answer that comes as server-sent events: a chunk for each network read, with its bytes as they came, except for
 * the usage that only the gateway asked for, and events that cannot be read. What carries `end` stands alone.
 */
export class EventStream implements AsyncIterableIterator<Chunk> {
  readonly #answer: OpenAnswer
  readonly #call: Pick<ProviderRequest, 'request' | 'cancellation'>
  readonly #reading: Reading
  readonly #withholdsUsage: boolean
  readonly #parser = new SseParser()
  readonly #plain = new PlainDelta()
  #ready: Chunk[] = []
  #state: 'open' | 'over' = 'open'
  #failure: GatewayError | undefined
  #finishReason: FinishReason | undefined
  readonly #finished = new Set<number>()
  #account: Account = {}
  #citations: JsonObject['citations']
  #malformed = 0

  constructor(
    answer: OpenAnswer,
    {
      call,
      reading,
      withholdsUsage,
    }: {
      call: Pick<ProviderRequest, 'request' | 'cancellation'>
      reading: Reading
      withholdsUsage: boolean
    },
  ) {
    this.#answer = answer
    this.#call = call
    this.#reading = reading
    this.#withholdsUsage = withholdsUsage
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<Chunk>> {
    for (;;) {
      const { reason } = this.#call.cancellation
      const value = this.#ready.shift()
      if (value && (!reason || value.end)) return { done: false, value }
      if (this.#state === 'over' && !this.#failure) return { done: true, value: undefined }
      if (reason) throw reason
      if (this.#failure) throw this.#failure
      await this.#readOn()
    }
  }

  /** Stops: the provider is told by closing the connection, unless the answer has ended. */
  return(): Promise<IteratorResult<Chunk>> {
    if (this.#state === 'open') {
      this.#state = 'over'
      this.#answer.abort()
    }
    return Promise.resolve({ done: true, value: undefined })
  }

  async #readOn(): Promise<void> {
    try {
      const bytes = await this.#answer.read()
      if (bytes) this.#take(this.#parser.push(bytes))
      else this.#takeLast()
    } catch (thrown) {
      if (this.#call.cancellation.reason) return this.#fail(this.#call.cancellation.reason)
      if (thrown instanceof RangeError)
        return this.#fail(this.#protocolError(`sent ${thrown.message}`))
      if (this.#isComplete()) return this.#end(nothing)
      this.#fail(asGatewayError(thrown))
    }
  }

  #takeLast(): void {
    const rest = this.#parser.finish()
    this.#take(rest)
    if (this.#state === 'over') return
    if (this.#isComplete()) return this.#end(rest.bytes.length === 0 ? nothing : blankLine)
    const malformed =
      this.#malformed === 0 ? '' : `, with ${this.#malformed} events that are not JSON`
    this.#fail(this.#protocolError(`ended its answer before it was complete${malformed}`))
  }

  #take(read: SseRead): void {
    const produced = new Produced()
    const raw = new KeptBytes(read.bytes)
    for (const frame of read.frames) {
      if (frame.is('[DONE]')) {
        this.#emit(produced, raw.upTo(frame.start))
        return this.#end(withLineEnd(read.bytes.subarray(frame.start, frame.end)))
      }
      const keeps = this.#read(frame, produced)
      if (this.#state === 'over') {
        return this.#emit(produced, raw.upTo(frame.start))
      }
      if (!keeps) raw.cut(frame)
    }
    this.#emit(produced, raw.upTo(read.bytes.length), read.frames.length === 0)
  }

  /** Reads one event; false when its bytes are not passed on. */
  #read(frame: SseFrame, produced: Produced): boolean {
    const { event, line } = frame
    const text = event === undefined && line ? this.#plain.textOf(line) : undefined
    if (text !== undefined) {
      produced.read({ content: text }, { first: true })
      return true
    }
    const { config, dialect, about } = this.#reading
    const { data } = frame
    const chunk = parsed(data)
    if (!chunk) {
      if (data.trim() !== '') this.#malformed++
      return config.legacy || data.trim() === ''
    }
    if (chunk['error'] || event === 'error') {
      this.#fail(inBandError(chunk, about))
      return false
    }
    const choices = listOf(chunk['choices'])
    for (const value of choices) this.#readChoice(objectOf(value), produced)
    this.#citations = chunk['citations'] ?? this.#citations
    this.#account = latestAccount(this.#account, accountOf(chunk, data, dialect))
    if (event === undefined) this.#plain.learn(data, chunk)
    return !(this.#withholdsUsage && choices.length === 0 && chunk['usage'])
  }

  #readChoice(choice: JsonObject | undefined, produced: Produced): void {
    if (!choice) return
    const index = typeof choice['index'] === 'number' ? choice['index'] : 0
    const delta = objectOf(choice['delta']) ?? objectOf(choice['message'])
    if (delta) produced.read(delta, { first: index === 0 })
    const reason = finishReasonOf(choice['finish_reason'])
    if (!reason) return
    this.#finished.add(index)
    if (index === 0 || !this.#finishReason) this.#finishReason = reason
  }

  #emit(produced: Produced, raw: Uint8Array, isComment = false): void {
    if (raw.length === 0 && produced.events.length === 0 && produced.bytes === 0) return
    this.#ready.push({ events: produced.events, raw, producedBytes: produced.bytes, isComment })
  }

  /** Whether every choice has told its finish reason. */
  #isComplete(): boolean {
    const { n } = this.#call.request.body
    const choices = typeof n === 'number' && n > 1 ? n : 1
    return this.#state === 'open' && this.#finished.size >= choices
  }

  /** @param last The provider's own `[DONE]`; or what ends its last frame where it sent none. */
  #end(last: Uint8Array): void {
    this.#state = 'over'
    this.#answer.discard()
    const produced = new Produced()
    for (const url of listOf(this.#citations)) produced.cite(url)
    this.#ready.push({
      events: produced.events,
      raw: this.#closing(last),
      producedBytes: 0,
      end: { finishReason: this.#finishReason ?? 'STOP', ...this.#account },
    })
  }

  /** A v0.7.2 caller gets what the provider sent; others get the end that they rely on. */
  #closing(last: Uint8Array): Uint8Array {
    if (this.#reading.config.legacy) return last === blankLine ? nothing : last
    if (last === nothing) return done
    if (last === blankLine) return Buffer.concat([blankLine, done])
    return endsFrame(last) ? last : Buffer.concat([last, blankLine])
  }

  #fail(error: GatewayError): void {
    this.#state = 'over'
    this.#failure = error
    this.#answer.abort()
  }

  #protocolError(what: string): GatewayError {
    const { about } = this.#reading
    return failure(
      'PROVIDER_PROTOCOL',
      `${named(about)} ${what}; try again, or another model.`,
      about,
    )
  }
}

function parsed(data: string): JsonObject | undefined {
  try {
    return objectOf(JSON.parse(data))
  } catch {
    return undefined
  }
}
