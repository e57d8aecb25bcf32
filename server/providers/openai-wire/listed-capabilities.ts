import type { ModelCapability } from '#domain/catalogued-model.ts'
import type { JsonObject } from '#domain/chat.ts'
import { listOf, objectOf } from './shape.ts'

/**
 * What a model can do, by OpenRouter's list of models: `supported_parameters` and `architecture`, where everything that
 * answers in text streams.
 *
 * @returns Undefined where the list has no `supported_parameters`: then it says nothing.
 */
export function listedCapabilities(model: JsonObject): readonly ModelCapability[] | undefined {
  if (!Array.isArray(model['supported_parameters'])) return undefined
  const parameters = new Set<unknown>(model['supported_parameters'])
  const architecture = objectOf(model['architecture'])
  const inputs = new Set<unknown>(listOf(architecture?.['input_modalities']))
  const outputs = new Set<unknown>(listOf(architecture?.['output_modalities'] ?? ['text']))
  const found: readonly [ModelCapability, boolean][] = [
    ['STREAMING', outputs.has('text')],
    ['TOOLS', parameters.has('tools')],
    ['VISION', inputs.has('image')],
    ['AUDIO', inputs.has('audio')],
    ['JSON_SCHEMA', parameters.has('structured_outputs')],
    ['REASONING', parameters.has('reasoning')],
    ['WEB_SEARCH', parameters.has('web_search_options')],
    ['EMBEDDINGS', outputs.has('embeddings')],
  ]
  return found.flatMap(([capability, isThere]) => (isThere ? [capability] : []))
}
