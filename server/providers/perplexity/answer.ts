import type {
  AnswerEnd,
  ChatEvent,
  Chunk,
  FinishReason,
  JsonObject,
  JsonValue,
} from '#domain/chat.ts'
import { listOf, objectOf, textOf } from '../openai-wire/shape.ts'
import { agentCost, agentUsage } from './usage.ts'

/** Gathers what an agent's answer brings, in the normal form. Nothing is told twice. */
export class AnswerParts {
  #events: ChatEvent[] = []
  #bytes = 0
  readonly #cited = new Set<string>()
  readonly #calls = new Set<string>()
  readonly #spoken = new Set<string>()

  /** A piece of the text of an item. */
  say(text: string, itemId: string): void {
    this.#spoken.add(itemId)
    this.#add('text', text)
  }

  think(thought: JsonValue | undefined): void {
    const text = textOf(thought)
    if (text !== undefined) this.#add('reasoning', `${text}\n`)
  }

  /** Sources, as search results, fetched pages and annotations name them. */
  cite(sources: JsonValue | undefined): void {
    for (const value of listOf(sources)) {
      const source = objectOf(value)
      const url = textOf(source?.['url'])
      if (url === undefined || this.#cited.has(url)) continue
      this.#cited.add(url)
      this.#events.push({ type: 'citation', url, title: textOf(source?.['title']) ?? null })
    }
  }

  /** A finished item of the output; text that has been said already is not said again. */
  item(value: JsonValue | undefined): void {
    const item = objectOf(value)
    switch (textOf(item?.['type']) ?? '') {
      case 'message':
        return this.#message(item ?? {})
      case 'function_call':
        return this.#functionCall(item ?? {})
      case 'search_results':
        return this.cite(item?.['results'])
      case 'fetch_url_results':
        return this.cite(item?.['contents'])
    }
  }

  /** What has come since the last time; undefined when nothing has. */
  take(): Chunk | undefined {
    if (this.#events.length === 0) return undefined
    const chunk = { events: this.#events, producedBytes: this.#bytes }
    this.#events = []
    this.#bytes = 0
    return chunk
  }

  /**
   * Reads how the answer ended.
   *
   * @param text Source of the event or document in which the response stands under `path`.
   */
  endOf(
    response: JsonObject,
    { text, path }: { text: string; path: readonly string[] },
  ): AnswerEnd {
    const usage = objectOf(response['usage'])
    return {
      finishReason: this.#finishReason(response),
      servedModel: textOf(response['model']),
      usage: usage && agentUsage(usage),
      reportedCost: usage && agentCost(usage, { text, path: [...path, 'usage'] }),
    }
  }

  #finishReason(response: JsonObject): FinishReason {
    if (this.#calls.size > 0) return 'TOOL_CALLS'
    if (response['status'] !== 'incomplete') return 'STOP'
    return objectOf(response['incomplete_details'])?.['reason'] === 'content_filter'
      ? 'CONTENT_FILTER'
      : 'LENGTH'
  }

  #message(item: JsonObject): void {
    const id = textOf(item['id']) ?? ''
    const isSpoken = this.#spoken.has(id)
    for (const value of listOf(item['content'])) {
      const part = objectOf(value)
      const text = textOf(part?.['text'])
      if (text !== undefined && !isSpoken) this.say(text, id)
      this.cite(part?.['annotations'])
    }
  }

  #functionCall(item: JsonObject): void {
    const id = textOf(item['call_id']) ?? textOf(item['id']) ?? ''
    if (this.#calls.has(id)) return
    const name = textOf(item['name'])
    const argumentsDelta = textOf(item['arguments']) ?? ''
    this.#events.push({
      type: 'tool-call',
      index: this.#calls.size,
      id,
      ...(name && { name }),
      argumentsDelta,
    })
    this.#bytes += Buffer.byteLength(argumentsDelta) + Buffer.byteLength(name ?? '')
    this.#calls.add(id)
  }

  #add(type: 'text' | 'reasoning', text: string): void {
    if (text === '') return
    this.#bytes += Buffer.byteLength(text)
    const last = this.#events.at(-1)
    if (last?.type === type)
      this.#events[this.#events.length - 1] = { type, text: last.text + text }
    else this.#events.push({ type, text })
  }
}
