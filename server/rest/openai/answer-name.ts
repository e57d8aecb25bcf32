import type { Answer } from '#gateway/call.ts'
import type { AnswerName } from './wire-chunks.ts'

let serial = 0

/**
 * Names an answer that we write ourselves: `provider:model`, and an id that begins as v0.7.2's did. The digits after
 * the second are ours, so that no two answers have one id.
 */
export function answerName({ call, attempt }: Answer): AnswerName {
  const { name, kind } = attempt.target.adapter.config
  const created = Math.floor(call.startedAtEpochMs / 1000)
  const model = `${name}:${attempt.target.model}`
  if (kind !== 'OLLAMA' && kind !== 'RAG') return { id: `chatcmpl-${call.id}`, created, model }
  serial = (serial + 1) % 1_000_000
  return {
    id: `${kind.toLowerCase()}-${created}${String(serial).padStart(6, '0')}`,
    created,
    model,
  }
}
