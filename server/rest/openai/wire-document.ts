import type { AnswerEnd, ChatEvent } from '#domain/chat.ts'
import { type AnswerName, finishReason, wireCitation, wireUsage } from './wire-chunks.ts'

interface ToolCall {
  id: string
  readonly type: 'function'
  readonly function: { name: string; arguments: string }
}

/** Gathers an answer's events into one of OpenAI's documents. */
export class WireDocument {
  #content = ''
  #reasoning = ''
  #refusal = ''
  readonly #toolCalls = new Map<number, ToolCall>()
  readonly #citations: Readonly<Record<string, unknown>>[] = []
  readonly #urls = new Set<string>()

  add(events: readonly ChatEvent[]): void {
    for (const event of events) {
      switch (event.type) {
        case 'text':
          this.#content += event.text
          break
        case 'reasoning':
          this.#reasoning += event.text
          break
        case 'refusal':
          this.#refusal += event.text
          break
        case 'tool-call':
          this.#addToolCall(event)
          break
        case 'citation':
          this.#citations.push(wireCitation(event))
          if (event.url !== null) this.#urls.add(event.url)
          break
      }
    }
  }

  /** The document, as JSON text. */
  finish({ id, created, model }: AnswerName, end: AnswerEnd): string {
    const toolCalls = [...this.#toolCalls].toSorted(([a], [b]) => a - b).map(([, call]) => call)
    const message = {
      role: 'assistant',
      content: this.#content === '' && toolCalls.length > 0 ? null : this.#content,
      ...(this.#reasoning !== '' && { reasoning_content: this.#reasoning }),
      ...(this.#refusal !== '' && { refusal: this.#refusal }),
      ...(toolCalls.length > 0 && { tool_calls: toolCalls }),
      ...(this.#citations.length > 0 && { annotations: this.#citations }),
    }
    return JSON.stringify({
      id,
      object: 'chat.completion',
      created,
      model,
      choices: [{ index: 0, message, finish_reason: finishReason(end) }],
      ...(end.usage && { usage: wireUsage(end.usage) }),
      ...(this.#urls.size > 0 && { citations: [...this.#urls] }),
    })
  }

  #addToolCall({ index, id, name, argumentsDelta }: ChatEvent & { type: 'tool-call' }): void {
    let call = this.#toolCalls.get(index)
    if (!call) {
      call = { id: '', type: 'function', function: { name: '', arguments: '' } }
      this.#toolCalls.set(index, call)
    }
    call.id ||= id ?? ''
    call.function.name ||= name ?? ''
    call.function.arguments += argumentsDelta
  }
}
