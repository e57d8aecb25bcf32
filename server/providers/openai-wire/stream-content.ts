import type { Chunk, FinishReason, JsonObject } from '#domain/chat.ts'
import type { GatewayError } from '#domain/errors.ts'
import type { SseFrame } from '../sse-frame.ts'
import { type Account, accountOf, latestAccount } from './account.ts'
import type { Reading } from './document.ts'
import { inBandError } from './errors.ts'
import { finishReasonOf, Produced } from './message.ts'
import { PlainDelta } from './plain-delta.ts'
import { listOf, objectOf } from './shape.ts'

/** What one event was: of the answer, of the account that only the gateway asked for, nothing that can be read, or an error. */
export type FrameKind = 'answer' | 'account' | 'unreadable' | { readonly error: GatewayError }

/** What the events of one answer have said so far. */
export class StreamContent {
  /** Events that could not be read. */
  malformed = 0
  readonly #reading: Reading
  /** How many choices were asked for. */
  readonly #choices: number
  readonly #plain = new PlainDelta()
  readonly #finished = new Set<number>()
  #finishReason: FinishReason | undefined
  #account: Account = {}
  #citations: JsonObject['citations']
  #hasBegun = false

  constructor(reading: Reading, { n }: JsonObject) {
    this.#reading = reading
    this.#choices = typeof n === 'number' && n > 1 ? n : 1
  }

  /** Whether any choice has come. */
  get hasBegun(): boolean {
    return this.#hasBegun
  }

  /** Whether every choice has told its finish reason. */
  get isComplete(): boolean {
    return this.#finished.size >= this.#choices
  }

  /** Whether it says of itself that it failed, without saying how. */
  get isBroken(): boolean {
    return this.#finishReason === 'ERROR'
  }

  /** Reads one event; what it brings of the answer goes into `produced`. */
  read(frame: SseFrame, produced: Produced): FrameKind {
    const { event, line } = frame
    const text = event === undefined && line ? this.#plain.textOf(line) : undefined
    if (text !== undefined) {
      produced.read({ content: text }, { first: true })
      return 'answer'
    }
    const { dialect, about } = this.#reading
    const { data } = frame
    const chunk = parsed(data)
    if (event === 'error' || chunk?.['error'] || chunk?.['object'] === 'error')
      return { error: inBandError(chunk ?? data, about) }
    if (!chunk) {
      if (data.trim() !== '') this.malformed++
      return 'unreadable'
    }
    const choices = listOf(chunk['choices'])
    for (const value of choices) this.#readChoice(objectOf(value), produced)
    this.#citations = chunk['citations'] ?? this.#citations
    this.#account = latestAccount(this.#account, accountOf(chunk, data, dialect))
    if (event === undefined) this.#plain.learn(data, chunk)
    return choices.length === 0 && chunk['usage'] ? 'account' : 'answer'
  }

  /** The answer's last chunk. */
  last(raw: Uint8Array): Chunk {
    const produced = new Produced()
    for (const url of listOf(this.#citations)) produced.cite(url)
    return {
      events: produced.events,
      raw,
      producedBytes: 0,
      end: { finishReason: this.#finishReason ?? 'STOP', ...this.#account },
    }
  }

  #readChoice(choice: JsonObject | undefined, produced: Produced): void {
    if (!choice) return
    this.#hasBegun = true
    const index = typeof choice['index'] === 'number' ? choice['index'] : 0
    const delta = objectOf(choice['delta']) ?? objectOf(choice['message'])
    if (delta) produced.read(delta, { first: index === 0 })
    const reason = finishReasonOf(choice['finish_reason'])
    if (!reason) return
    this.#finished.add(index)
    if (index === 0 || !this.#finishReason) this.#finishReason = reason
  }
}

function parsed(data: string): JsonObject | undefined {
  try {
    return objectOf(JSON.parse(data))
  } catch {
    return undefined
  }
}
