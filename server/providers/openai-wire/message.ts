import type { ChatEvent, FinishReason, JsonObject, JsonValue } from '#domain/chat.ts'
import { listOf, objectOf, textOf } from './shape.ts'

/** Gathers what choices bring: the first choice's events, and the bytes of all. */
export class Produced {
  events: ChatEvent[] = []
  bytes = 0

  /** Reads a choice's `delta` or `message`. */
  read(part: JsonObject, { first }: { first: boolean }): void {
    this.#content(part['content'], first)
    this.#add('reasoning', textOf(part['reasoning_content']) ?? textOf(part['reasoning']), first)
    this.#add('refusal', textOf(part['refusal']), first)
    const calls = part['tool_calls']
    if (calls) listOf(calls).forEach((call, position) => this.#toolCall(call, position, first))
    const call = objectOf(part['function_call'])
    if (call) this.#function(call, { index: 0, id: undefined, first })
    if (first && part['annotations']) listOf(part['annotations']).forEach((note) => this.cite(note))
  }

  /** Adds a citation: OpenAI's annotation, or a bare URL as others send them. */
  cite(note: JsonValue): void {
    if (typeof note === 'string') this.events.push({ type: 'citation', url: note, title: null })
    const outer = objectOf(note)
    const source = objectOf(outer?.['url_citation']) ?? outer
    if (!source) return
    this.events.push({
      type: 'citation',
      url: textOf(source['url']) ?? null,
      title: textOf(source['title']) ?? null,
    })
  }

  #content(content: JsonValue | undefined, first: boolean): void {
    if (typeof content === 'string') return this.#add('text', content, first)
    for (const part of listOf(content)) {
      const { text, refusal } = objectOf(part) ?? {}
      this.#add('text', textOf(text), first)
      this.#add('refusal', textOf(refusal), first)
    }
  }

  #add(type: 'text' | 'reasoning' | 'refusal', text: string | undefined, first: boolean): void {
    if (text === undefined || text === '') return
    this.bytes += Buffer.byteLength(text)
    if (!first) return
    const last = this.events.at(-1)
    if (last?.type === type) this.events[this.events.length - 1] = { type, text: last.text + text }
    else this.events.push({ type, text })
  }

  #toolCall(value: JsonValue, position: number, first: boolean): void {
    const call = objectOf(value)
    const called = objectOf(call?.['function']) ?? objectOf(call?.['custom'])
    if (!call || !called) return
    const index = typeof call['index'] === 'number' ? call['index'] : position
    this.#function(called, { index, id: textOf(call['id']), first })
  }

  #function(
    called: JsonObject,
    { index, id, first }: { index: number; id: string | undefined; first: boolean },
  ): void {
    const name = textOf(called['name'])
    const argumentsDelta = argumentText(called['arguments'] ?? called['input'])
    this.bytes +=
      Buffer.byteLength(argumentsDelta) + (name === undefined ? 0 : Buffer.byteLength(name))
    if (!first) return
    this.events.push({
      type: 'tool-call',
      index,
      ...(id && { id }),
      ...(name && { name }),
      argumentsDelta,
    })
  }
}

/** Some servers send the arguments as an object, not as its text. */
function argumentText(value: JsonValue | undefined): string {
  if (typeof value === 'string') return value
  return value === undefined || value === null ? '' : JSON.stringify(value)
}

const finishReasons = new Map<string, FinishReason>([
  ['length', 'LENGTH'],
  ['max_tokens', 'LENGTH'],
  ['tool_calls', 'TOOL_CALLS'],
  ['function_call', 'TOOL_CALLS'],
  ['content_filter', 'CONTENT_FILTER'],
  ['error', 'ERROR'],
])

/** A finish reason in the normal form; undefined for null and absent ones. */
export function finishReasonOf(reason: JsonValue | undefined): FinishReason | undefined {
  return typeof reason === 'string' ? (finishReasons.get(reason) ?? 'STOP') : undefined
}
