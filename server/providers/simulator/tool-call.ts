import type { ChatEvent, JsonObject, JsonValue } from '#domain/chat.ts'
import { listOf, objectOf, textOf } from '../openai-wire/shape.ts'

/**
 * The pieces of a call of one of the request's functions: the one that `tool_choice` names, else the first. Its
 * arguments fit the function's schema as far as types go.
 *
 * @param callsTools Whether the model calls of its own accord; `tool_choice` can make any model call.
 * @returns Nothing where no function is to be called.
 */
export function toolCallEvents(
  body: JsonObject,
  { callsTools, topic, random }: { callsTools: boolean; topic: string; random: () => number },
): readonly ChatEvent[] {
  const choice = body['tool_choice']
  const wanted = textOf(objectOf(objectOf(choice)?.['function'])?.['name'])
  if (choice === 'none' || !(callsTools || choice === 'required' || wanted !== undefined)) return []
  const definitions = listOf(body['tools'])
    .map((tool) => objectOf(objectOf(tool)?.['function']))
    .filter((definition) => definition !== undefined)
  const definition = definitions.find(({ name }) => name === wanted) ?? definitions[0]
  const name = textOf(definition?.['name'])
  if (!definition || name === undefined) return []
  const text = JSON.stringify(valueFor(definition['parameters'], { name: topic, depth: 0 }) ?? {})
  const id = `call_${Math.floor(random() * 2 ** 48).toString(36)}`
  const parts = text.match(/.{1,12}/gsu) ?? []
  return [
    { type: 'tool-call', index: 0, id, name, argumentsDelta: '' },
    ...parts.map((part) => ({ type: 'tool-call' as const, index: 0, argumentsDelta: part })),
  ]
}

function valueFor(
  schema: JsonValue | undefined,
  { name, depth }: { name: string; depth: number },
): JsonValue | undefined {
  const shape = objectOf(schema) ?? {}
  const choices = listOf(shape['enum'])
  if (choices.length > 0) return choices[0]
  switch (textOf(shape['type']) ?? '') {
    case 'string':
      return name
    case 'number':
    case 'integer':
      return 1
    case 'boolean':
      return true
    case 'null':
      return null
    case 'array':
      return depth > 4 ? [] : [valueFor(shape['items'], { name, depth: depth + 1 }) ?? name]
  }
  const properties = Object.entries(objectOf(shape['properties']) ?? {})
  if (depth > 4) return {}
  return Object.fromEntries(
    properties.map(([key, value]) => [key, valueFor(value, { name: key, depth: depth + 1 })]),
  )
}
