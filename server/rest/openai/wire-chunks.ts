import type { AnswerEnd, ChatEvent, FinishReason } from '#domain/chat.ts'
import type { TokenUsage } from '#domain/usage.ts'

/** What names an answer in OpenAI's shapes. */
export interface AnswerName {
  readonly id: string
  /** Seconds since the epoch. */
  readonly created: number
  readonly model: string
}

const finishReasons: Readonly<Record<FinishReason, string>> = {
  STOP: 'stop',
  LENGTH: 'length',
  TOOL_CALLS: 'tool_calls',
  CONTENT_FILTER: 'content_filter',
  ERROR: 'error',
  CANCELLED: 'stop',
}

export function finishReason(end: AnswerEnd): string {
  return finishReasons[end.finishReason]
}

/** Usage as OpenAI writes it. */
export function wireUsage(usage: TokenUsage): Readonly<Record<string, unknown>> {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: { cached_tokens: usage.cacheReadInputTokens },
    completion_tokens_details: { reasoning_tokens: usage.reasoningOutputTokens },
  }
}

/** A source that an answer names, as OpenAI writes it. */
export function wireCitation(
  event: ChatEvent & { type: 'citation' },
): Readonly<Record<string, unknown>> {
  return { type: 'url_citation', url_citation: { url: event.url, title: event.title } }
}

/** Writes an answer's events as OpenAI's server-sent events. */
export interface ChunkWriter {
  /** The frames of some events; empty when there is nothing to say. */
  frames(events: readonly ChatEvent[]): string
  /** The last frames: finish reason, usage where it was asked for, [DONE]. */
  end(end: AnswerEnd): string
}

/**
 * @param includeUsage Whether the caller asked for a usage frame.
 * @param hasBegun Whether frames of another writer stand before these.
 */
export function createChunkWriter(
  name: AnswerName,
  { includeUsage, hasBegun = false }: { includeUsage: boolean; hasBegun?: boolean },
): ChunkWriter {
  const head =
    `data: {"id":${JSON.stringify(name.id)},"object":"chat.completion.chunk",` +
    `"created":${name.created},"model":${JSON.stringify(name.model)},"choices":`
  const tail = includeUsage ? ',"usage":null}\n\n' : '}\n\n'
  let started = hasBegun

  const frame = (delta: Readonly<Record<string, unknown>>, reason: string | null) => {
    const whole = started ? delta : { role: 'assistant', content: '', ...delta }
    started = true
    const finish = reason === null ? 'null' : `"${reason}"`
    return `${head}[{"index":0,"delta":${JSON.stringify(whole)},"finish_reason":${finish}}]${tail}`
  }

  return {
    frames: (events) =>
      deltas(events)
        .map((delta) => frame(delta, null))
        .join(''),
    end(end) {
      const usage = includeUsage && end.usage ? JSON.stringify(wireUsage(end.usage)) : undefined
      const last = usage ? `${head}[],"usage":${usage}}\n\n` : ''
      return `${frame({}, finishReason(end))}${last}data: [DONE]\n\n`
    },
  }
}

/** Texts of one kind that arrived together go out together. */
function deltas(events: readonly ChatEvent[]): readonly Readonly<Record<string, unknown>>[] {
  const out: Record<string, unknown>[] = []
  const grow = (key: string, text: string) => {
    const last = out.at(-1)
    if (last && typeof last[key] === 'string') last[key] += text
    else out.push({ [key]: text })
  }
  for (const event of events) {
    switch (event.type) {
      case 'text':
        grow('content', event.text)
        break
      case 'reasoning':
        grow('reasoning_content', event.text)
        break
      case 'refusal':
        grow('refusal', event.text)
        break
      case 'tool-call':
        out.push({ tool_calls: [toolCallDelta(event)] })
        break
      case 'citation':
        out.push({ annotations: [wireCitation(event)] })
        break
    }
  }
  return out
}

function toolCallDelta(
  event: ChatEvent & { type: 'tool-call' },
): Readonly<Record<string, unknown>> {
  const { index, id, name, argumentsDelta } = event
  return {
    index,
    ...(id !== undefined && { id, type: 'function' }),
    function: { ...(name !== undefined && { name }), arguments: argumentsDelta },
  }
}
