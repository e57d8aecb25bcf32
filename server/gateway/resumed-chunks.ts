import type { ChatEvent, Chunk } from '#domain/chat.ts'
import { asGatewayError, GatewayError } from '#domain/errors.ts'
import { TextAlignment } from '#domain/text-alignment.ts'
import type { Answer } from './call.ts'
import type { Clock } from './ports.ts'

/** An answer that goes on from what its reader has. */
export interface Successor {
  readonly answer: Answer
  /** Whether it goes on behind that text, or begins anew. */
  readonly how: 'CONTINUE' | 'ALIGN'
}

/** What the reader has of an answer that broke off. */
export interface SoFar {
  readonly text: string
  readonly seen: ReadonlySet<ChatEvent['type']>
}

/**
 * Finds out who goes on with an answer that broke off.
 *
 * @throws {GatewayError} When nobody does.
 */
export type TakeOver = (broken: Answer, error: GatewayError, soFar: SoFar) => Promise<Successor>

/**
 * The chunks of an answer that another one takes up where it breaks off: the reader has every text once. What comes from
 * another answer has no bytes of its provider; whoever passes bytes on writes them by itself.
 */
export class ResumedChunks implements AsyncIterableIterator<Chunk, undefined> {
  /** Its attempt is that which answers now. */
  readonly #answer: Answer
  readonly #takeOver: TakeOver
  readonly #clock: Clock
  readonly #seen = new Set<ChatEvent['type']>()
  #source: AsyncIterator<Chunk>
  #text = ''
  #alignment: TextAlignment | undefined
  #isAnother = false
  /** Once nobody can tell which answer is the right one, nobody is asked again. */
  #hasDiverged = false

  constructor(answer: Answer, { takeOver, clock }: { takeOver: TakeOver; clock: Clock }) {
    this.#answer = answer
    this.#takeOver = takeOver
    this.#clock = clock
    this.#source = answer.chunks[Symbol.asyncIterator]()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<Chunk, undefined>> {
    for (;;) {
      try {
        const read = await this.#source.next()
        if (read.done) return { done: true, value: undefined }
        const chunk = this.#isAnother ? this.#fitted(read.value) : read.value
        if (!chunk) continue
        this.#see(chunk.events)
        return { done: false, value: chunk }
      } catch (thrown) {
        await this.#resume(asGatewayError(thrown))
      }
    }
  }

  /** Abandons the answer. */
  async return(): Promise<IteratorResult<Chunk, undefined>> {
    await this.#source.return?.()
    return { done: true, value: undefined }
  }

  async #resume(error: GatewayError): Promise<void> {
    if (this.#hasDiverged) throw error
    const soFar = { text: this.#text, seen: this.#seen }
    const { answer, how } = await this.#takeOver(this.#answer, error, soFar)
    this.#source = answer.chunks[Symbol.asyncIterator]()
    this.#answer.attempt = answer.attempt
    this.#alignment = how === 'ALIGN' ? new TextAlignment(this.#text) : undefined
    this.#isAnother = true
  }

  #see(events: readonly ChatEvent[]): void {
    for (const event of events) {
      this.#seen.add(event.type)
      if (event.type === 'text') this.#text += event.text
    }
  }

  /** What is new in it for the reader; undefined for nothing. */
  #fitted({ end, events, isComment, producedBytes }: Chunk): Chunk | undefined {
    const fresh = events.flatMap((event) => this.#fresh(event))
    if (end && this.#alignment && !this.#alignment.isCaughtUp) throw this.#diverged()
    if (fresh.length > 0 || end) return { events: fresh, producedBytes, ...(end && { end }) }
    const { attempt } = this.#answer
    attempt.producedBytes += producedBytes
    if (!isComment) attempt.waitingSince = this.#clock.now()
    return undefined
  }

  #fresh(event: ChatEvent): ChatEvent | readonly ChatEvent[] {
    // Thoughts of another answer belong to nothing that the reader has.
    if (event.type === 'reasoning') return []
    if (!this.#alignment) return event
    if (event.type !== 'text') {
      if (this.#alignment.isCaughtUp) return event
      throw this.#diverged()
    }
    const aligned = this.#alignment.take(event.text)
    if (aligned.state === 'DIVERGED') throw this.#diverged()
    return aligned.text === '' ? [] : { type: 'text', text: aligned.text }
  }

  #diverged(): GatewayError {
    this.#hasDiverged = true
    const { attempt } = this.#answer
    const { name: provider } = attempt.target.adapter.config
    const error = new GatewayError(
      'PROVIDER_PROTOCOL',
      `${provider} gave another answer than the one that had broken off, so it cannot be completed; send the request again.`,
      { provider, model: attempt.target.model },
    )
    attempt.cancellation.cancel(error)
    return error
  }
}
