import { answerOf, answerTokens, tokensIn } from './double-text.ts'
import type { BillEntry } from './double-bill.ts'

/** Some bytes of an answer, and how many tokens they bring. */
export interface Piece {
  readonly text: string
  readonly tokens: number
}

/** A whole answer as the double means to give it. */
export interface PlannedAnswer {
  /** With the beginning that the request brought. */
  readonly text: string
  /** What is left to be said. */
  readonly tokens: readonly string[]
}

interface Message {
  readonly role: string
  readonly content: string
}

export function messagesOf({ body }: Pick<BillEntry, 'body'>): readonly Message[] {
  return Array.isArray(body['messages']) ? body['messages'] : []
}

/**
 * What the double has to say: at temperature 0 the same for the same model, else something else each time.
 *
 * @param takesPrefix Goes on from an assistant message that stands last, as if it had said that itself.
 */
export function plannedAnswer(
  entry: Pick<BillEntry, 'body' | 'model' | 'turn'>,
  { provider, takesPrefix }: { provider: string; takesPrefix: boolean },
): PlannedAnswer {
  const { body, model, turn } = entry
  const all = answerOf(body['temperature'] === 0 ? model : `${model} ${provider} ${turn}`)
  const last = messagesOf(entry).at(-1)
  const begun = takesPrefix && last?.role === 'assistant' ? last.content : ''
  const tokens = all.slice(Math.min(tokensIn(begun), answerTokens))
  return { text: begun + tokens.join(''), tokens }
}

function usageOf({ promptTokens }: BillEntry, tokens: number) {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: tokens,
    total_tokens: promptTokens + tokens,
    prompt_tokens_details: { cached_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0 },
  }
}

/** The answer as server-sent events, without `[DONE]`: the role, each token, the finish, the usage where it is wanted. */
export function framesOf(entry: BillEntry, { tokens }: PlannedAnswer): readonly Piece[] {
  const options = entry.body['stream_options']
  const wantsUsage = typeof options === 'object' && options !== null && 'include_usage' in options
  const rest = wantsUsage ? { usage: null } : {}
  const frame = (delta: object, reason: string | null = null) =>
    chunkFrame(entry, { choices: [{ index: 0, delta, finish_reason: reason }], ...rest })
  return [
    { text: frame({ role: 'assistant', content: '' }), tokens: 0 },
    ...tokens.map((content) => ({ text: frame({ content }), tokens: 1 })),
    { text: frame({}, 'stop'), tokens: 0 },
    ...(wantsUsage
      ? [
          {
            text: chunkFrame(entry, { choices: [], usage: usageOf(entry, tokens.length) }),
            tokens: 0,
          },
        ]
      : []),
  ]
}

export const doneFrame = 'data: [DONE]\n\n'

function chunkFrame({ model, turn }: BillEntry, rest: object): string {
  const head = { id: `chatcmpl-${turn}`, object: 'chat.completion.chunk', created: 1_790_000_000 }
  return `data: ${JSON.stringify({ ...head, model, ...rest })}\n\n`
}

/** The answer as one document. */
export function documentOf(
  entry: BillEntry,
  { tokens }: PlannedAnswer,
): Readonly<Record<string, unknown>> {
  return {
    id: `chatcmpl-${entry.turn}`,
    object: 'chat.completion',
    created: 1_790_000_000,
    model: entry.model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: tokens.join('') },
        finish_reason: 'stop',
      },
    ],
    usage: usageOf(entry, tokens.length),
  }
}
