import type { JsonValue } from '#domain/chat.ts'
import type { ListedModel } from '../adapter.ts'
import { listedCapabilities } from './listed-capabilities.ts'
import { listOf, objectOf, textOf } from './shape.ts'

/** Reads a list of models in OpenAI's shape, or as a bare list; entries without an id are passed over. */
export function listedModels(document: JsonValue): readonly ListedModel[] {
  const entries = listOf(objectOf(document)?.['data'] ?? document)
  return entries.flatMap((value) => {
    const model = objectOf(value)
    const id = textOf(model?.['id'])
    if (!model || id === undefined) return []
    const top = objectOf(model['top_provider'])
    const contextWindow =
      count(model['context_length']) ??
      count(model['context_window']) ??
      count(model['max_model_len']) ??
      count(model['max_context_length']) ??
      count(model['max_prompt_length'])
    const maxOutputTokens =
      count(top?.['max_completion_tokens']) ?? count(model['max_completion_tokens'])
    const capabilities = listedCapabilities(model)
    return [
      {
        id,
        ...(contextWindow && { contextWindow }),
        ...(maxOutputTokens && { maxOutputTokens }),
        ...(capabilities && { capabilities }),
      },
    ]
  })
}

function count(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined
}
