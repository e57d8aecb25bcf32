import type { ChatEvent } from './chat.ts'

export interface ToolCall {
  readonly id: string
  readonly name: string
  readonly argumentsJson: string
}

export interface Citation {
  readonly url: string | null
  readonly title: string | null
}

/** What a model answered, put together. `reasoning` and `refusal` are null where there is none. */
export interface AnswerContent {
  readonly text: string
  readonly reasoning: string | null
  readonly refusal: string | null
  readonly toolCalls: readonly ToolCall[]
  readonly citations: readonly Citation[]
}

/** Puts an answer together from its pieces, in the order in which they come. */
export class AnswerDraft {
  #text = ''
  #reasoning: string | null = null
  #refusal: string | null = null
  readonly #toolCalls = new Map<number, { id: string; name: string; argumentsJson: string }>()
  readonly #citations: Citation[] = []

  /** The text so far. */
  get text(): string {
    return this.#text
  }

  add(event: ChatEvent): void {
    switch (event.type) {
      case 'text':
        this.#text += event.text
        break
      case 'reasoning':
        this.#reasoning = (this.#reasoning ?? '') + event.text
        break
      case 'refusal':
        this.#refusal = (this.#refusal ?? '') + event.text
        break
      case 'tool-call':
        this.#addToolCall(event)
        break
      case 'citation':
        this.#citations.push({ url: event.url, title: event.title })
        break
    }
  }

  content(): AnswerContent {
    return {
      text: this.#text,
      reasoning: this.#reasoning,
      refusal: this.#refusal,
      toolCalls: [...this.#toolCalls].toSorted(([a], [b]) => a - b).map(([, call]) => call),
      citations: this.#citations,
    }
  }

  #addToolCall({
    index,
    id,
    name,
    argumentsDelta,
  }: Extract<ChatEvent, { type: 'tool-call' }>): void {
    const begun = this.#toolCalls.get(index) ?? { id: '', name: '', argumentsJson: '' }
    this.#toolCalls.set(index, {
      id: id || begun.id || `call_${index}`,
      name: name || begun.name,
      argumentsJson: begun.argumentsJson + argumentsDelta,
    })
  }
}
