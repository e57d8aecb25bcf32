import type { Reply } from '#gateway/call.ts'
import type { AnswerName } from './wire-chunks.ts'

/** The last 48 bits of a request id, which are chance, in decimal. */
const digitsOf = (id: string): string => `${Number.parseInt(id.slice(-12), 16)}`.padStart(15, '0')

/**
 * Names an answer that we write ourselves: `provider:model`, and an id that begins as v0.7.2's did. The digits after
 * the second are the call's, so that no two answers have one id, and one that is given again has the same.
 */
export function answerName({ call, attempt }: Reply): AnswerName {
  const { name, kind } = attempt.target.adapter.config
  const created = Math.floor(call.startedAtEpochMs / 1000)
  const model = `${name}:${attempt.target.model}`
  if (kind !== 'OLLAMA' && kind !== 'RAG') return { id: `chatcmpl-${call.id}`, created, model }
  return {
    id: `${kind.toLowerCase()}-${created}${digitsOf(call.id)}`,
    created,
    model,
  }
}
