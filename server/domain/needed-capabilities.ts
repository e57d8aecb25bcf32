import type { ModelCapability } from './catalogued-model.ts'
import type { JsonValue, ModelRequest } from './chat.ts'

/** What a model must be able to do to serve that request, as far as the request shows it. */
export function neededCapabilities({ operation, body }: ModelRequest): readonly ModelCapability[] {
  if (operation === 'embeddings') return ['EMBEDDINGS']
  const needed: ModelCapability[] = []
  if (hasItems(body['tools']) || hasItems(body['functions'])) needed.push('TOOLS')
  const parts = partsOf(body['messages'])
  if (parts.has('image_url') || parts.has('input_image')) needed.push('VISION')
  if (parts.has('input_audio')) needed.push('AUDIO')
  if (typeOf(body['response_format']) === 'json_schema') needed.push('JSON_SCHEMA')
  return needed
}

function partsOf(messages: JsonValue | undefined): ReadonlySet<unknown> {
  const types = new Set<unknown>()
  for (const message of listOf(messages))
    for (const part of listOf(memberOf(message, 'content'))) types.add(typeOf(part))
  return types
}

const listOf = (value: JsonValue | undefined): readonly JsonValue[] =>
  Array.isArray(value) ? value : []
const hasItems = (value: JsonValue | undefined): boolean => listOf(value).length > 0
const typeOf = (value: JsonValue | undefined): unknown => memberOf(value, 'type')

function memberOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  if (typeof value !== 'object' || value === null || !(name in value)) return undefined
  return Object.entries(value).find(([key]) => key === name)?.[1]
}
