import type { Chunk, JsonObject } from '#domain/chat.ts'
import type { GatewayError } from '#domain/errors.ts'
import { inBandError, type Refused } from '../openai-wire/errors.ts'
import { listOf, objectOf, textOf } from '../openai-wire/shape.ts'
import type { AnswerReader } from '../progressive-answer.ts'
import { SseParser } from '../sse.ts'
import type { SseFrame } from '../sse-frame.ts'
import { failure, named } from '../upstream-failure.ts'
import { AnswerParts } from './answer.ts'

/** Events that say only that the agent is at work. */
const signsOfWork = new Set([
  'response.created',
  'response.in_progress',
  'response.output_item.added',
  'response.reasoning.started',
  'response.reasoning.search_queries',
  'response.reasoning.fetch_url_queries',
  'response.reasoning.stopped',
])

/** Reads the Agent API's events. `response.completed` (or `incomplete`) ends an answer; without it, it was cut. */
export class AgentStream implements AnswerReader {
  readonly #about: Refused
  readonly #parts = new AnswerParts()
  readonly #parser = new SseParser()
  malformed = 0

  constructor(about: Refused) {
    this.#about = about
  }

  *push(bytes: Uint8Array): Generator<Chunk, void> {
    try {
      yield* this.#read(this.#parser.push(bytes).frames)
    } catch (error) {
      if (error instanceof RangeError) throw nonsense(`sent ${error.message}`, this.#about, error)
      throw error
    }
  }

  *finish(): Generator<Chunk, void> {
    const isWhole = yield* this.#read(this.#parser.finish().frames)
    if (isWhole) return
    const malformed =
      this.malformed === 0 ? '' : `, with ${this.malformed} events that are not JSON`
    throw nonsense(`ended its answer before it was complete${malformed}`, this.#about)
  }

  /** @returns Whether the answer has ended. */
  *#read(frames: readonly SseFrame[]): Generator<Chunk, boolean> {
    let isAtWork = false
    let fault: unknown
    let ended: Chunk | undefined
    for (const { event: name, data } of frames) {
      const event = parsed(data)
      if (!event && name !== 'error') {
        if (data.trim() !== '' && data !== '[DONE]') this.malformed++
        continue
      }
      try {
        if (!event) throw inBandError(data, this.#about)
        ended = this.#readEvent(event, data)
      } catch (error) {
        fault = error
      }
      if (ended || fault) break
      isAtWork ||= signsOfWork.has(textOf(event?.['type']) ?? '')
    }
    const chunk = this.#parts.take()
    if (chunk) yield chunk
    else if (isAtWork && !ended) yield { events: [], producedBytes: 0 }
    if (fault) throw fault
    if (ended) yield ended
    return ended !== undefined
  }

  /** @returns The last chunk, where the event ends the answer. */
  #readEvent(event: JsonObject, text: string): Chunk | undefined {
    const parts = this.#parts
    switch (textOf(event['type']) ?? '') {
      case 'response.output_text.delta':
        parts.say(textOf(event['delta']) ?? '', textOf(event['item_id']) ?? '')
        return undefined
      case 'response.output_item.done':
        parts.item(event['item'])
        return undefined
      case 'response.completed':
      case 'response.incomplete':
        return endChunk(objectOf(event['response']) ?? {}, {
          parts,
          about: this.#about,
          text,
          path: ['response'],
        })
      case 'response.failed':
      case 'error':
        throw inBandError(
          objectOf(event['response'])?.['error'] ? event['response'] : event,
          this.#about,
        )
    }
    parts.think(event['thought'])
    if (event['type'] === 'response.reasoning.search_results') parts.cite(event['results'])
    if (event['type'] === 'response.reasoning.fetch_url_results') parts.cite(event['contents'])
    return undefined
  }
}

/**
 * Reads an answer that came as one document.
 *
 * @throws {GatewayError} PROVIDER_PROTOCOL for what is no answer, or the error that the document holds.
 */
export function documentChunk(text: string, about: Refused): Chunk {
  const response = parsed(text)
  if (!response) throw nonsense('sent broken JSON', about)
  if (response['error']) throw inBandError(response, about)
  if (!Array.isArray(response['output'])) throw nonsense('sent a document without an answer', about)
  const parts = new AnswerParts()
  const end = endChunk(response, { parts, about, text, path: [] })
  return { ...(parts.take() ?? { events: [], producedBytes: 0 }), end: end.end! }
}

function endChunk(
  response: JsonObject,
  {
    parts,
    about,
    text,
    path,
  }: { parts: AnswerParts; about: Refused; text: string; path: readonly string[] },
): Chunk {
  if (response['status'] === 'failed') throw inBandError(response, about)
  for (const item of listOf(response['output'])) parts.item(item)
  return { events: [], producedBytes: 0, end: parts.endOf(response, { text, path }) }
}

function parsed(data: string): JsonObject | undefined {
  try {
    return objectOf(JSON.parse(data))
  } catch {
    return undefined
  }
}

function nonsense(what: string, about: Refused, cause?: unknown): GatewayError {
  return failure('PROVIDER_PROTOCOL', `${named(about)} ${what}; try again, or another model.`, {
    ...about,
    cause,
  })
}
