import type { Chunk, JsonObject, JsonValue } from '#domain/chat.ts'
import { Produced } from '../openai-wire/message.ts'
import { objectOf } from '../openai-wire/shape.ts'
import type { AnswerReader } from '../progressive-answer.ts'
import { AnswerParts } from './answer.ts'
import { ollamaBreakOff, type OllamaCall, ollamaNonsense } from './errors.ts'
import { Lines } from './lines.ts'

/**
 * Reads an answer that comes as JSON lines. A line with `done` ends it; a line that cannot be read is passed over, and
 * counted for the message should the end never come.
 */
export class LineStream implements AnswerReader {
  readonly #call: OllamaCall
  readonly #parts: AnswerParts
  readonly #lines = new Lines()
  malformed = 0

  constructor(call: OllamaCall, { callId }: { callId: string }) {
    this.#call = call
    this.#parts = new AnswerParts(callId)
  }

  *push(bytes: Uint8Array): Generator<Chunk, void> {
    try {
      yield* this.#read(this.#lines.push(bytes))
    } catch (error) {
      if (error instanceof RangeError)
        throw ollamaNonsense(`sent ${error.message}`, this.#call, error)
      throw error
    }
  }

  *finish(): Generator<Chunk, void> {
    const isWhole = yield* this.#read(this.#lines.finish())
    if (isWhole) return
    const malformed = this.malformed === 0 ? '' : `, with ${this.malformed} lines that are not JSON`
    throw ollamaNonsense(`ended its answer before it was complete${malformed}`, this.#call)
  }

  /** @returns Whether the answer has ended. */
  *#read(lines: readonly string[]): Generator<Chunk, boolean> {
    const produced = new Produced()
    let last: JsonObject | undefined
    let error: JsonValue | undefined
    for (const line of lines) {
      const part = parsed(line)
      if (!part) {
        this.malformed++
        continue
      }
      error = part['error']
      if (error) break
      this.#parts.read(part, { text: line, produced })
      if (part['done'] !== true) continue
      last = part
      break
    }
    const { bytes, events } = produced
    if (events.length > 0) yield { events, producedBytes: bytes }
    if (error) throw ollamaBreakOff(error, this.#call)
    if (last) yield { events: [], producedBytes: 0, end: this.#parts.endOf(last) }
    return last !== undefined
  }
}

/**
 * Reads an answer that came as one document. With a v0.7.2 configuration any JSON is an answer, an empty one where it
 * holds no message.
 *
 * @throws {GatewayError} PROVIDER_PROTOCOL where it is no JSON, or no answer; or the error that it holds.
 */
export function documentChunk(
  text: string,
  { call, callId, legacy }: { call: OllamaCall; callId: string; legacy: boolean },
): Chunk {
  const document = parsedDocument(text, call)
  if (document['error']) throw ollamaBreakOff(document['error'], call)
  if (!legacy && !objectOf(document['message']))
    throw ollamaNonsense('sent a document without an answer', call)
  const parts = new AnswerParts(callId)
  const produced = new Produced()
  parts.read(document, { text, produced })
  return { events: produced.events, producedBytes: produced.bytes, end: parts.endOf(document) }
}

function parsed(line: string): JsonObject | undefined {
  try {
    return objectOf(JSON.parse(line))
  } catch {
    return undefined
  }
}

function parsedDocument(text: string, call: OllamaCall): JsonObject {
  try {
    return objectOf(JSON.parse(text)) ?? {}
  } catch (cause) {
    throw ollamaNonsense('sent broken JSON', call, cause)
  }
}
