import type { JsonObject, JsonValue } from '#domain/chat.ts'
import { GatewayError } from '#domain/errors.ts'
import type { ProviderRequest } from '../adapter.ts'
import { losslessObject } from '../openai-wire/lossless.ts'
import { lowerLimit } from '../openai-wire/lower-limit.ts'
import { listOf, objectOf, textOf } from '../openai-wire/shape.ts'
import { ollamaMessages } from './messages.ts'

type Asked = Pick<ProviderRequest, 'request' | 'model'>

/** Sampling parameters that have the same name and meaning in Ollama's options. */
const sameOptions = [
  'temperature',
  'top_p',
  'seed',
  'frequency_penalty',
  'presence_penalty',
  'top_k',
  'min_p',
  'repeat_penalty',
  'num_ctx',
]

/**
 * Puts a chat request into the words of `/api/chat`. What only Ollama knows (`options`, `think`, `format`,
 * `keep_alive`) passes through and wins over what was derived from OpenAI's fields, but for a limit on the output: the
 * lower one counts, since a budget may have set it. No digit is lost.
 *
 * @see https://docs.ollama.com/api/chat
 */
export function chatRequest(call: Asked, { stream }: { stream: boolean }): string {
  const asked = askedOf(call)
  const tools = asked['tool_choice'] === 'none' ? [] : listOf(asked['tools'])
  const derived = optionsOf(asked)
  const own = objectOf(asked['options'])
  const limit = lowerLimit(own?.['num_predict'], derived['num_predict'])
  const options = { ...derived, ...own, ...(given(limit) && { num_predict: limit }) }
  const format = asked['format'] ?? formatOf(asked['response_format'])
  const think = asked['think'] ?? thinkOf(asked['reasoning_effort'])
  return JSON.stringify({
    model: call.model,
    messages: ollamaMessages(asked['messages']),
    stream,
    ...(tools.length > 0 && { tools }),
    ...(format !== undefined && { format }),
    ...(think !== undefined && { think }),
    ...(asked['keep_alive'] !== undefined && { keep_alive: asked['keep_alive'] }),
    ...(Object.keys(options).length > 0 && { options }),
  })
}

/**
 * Puts an embeddings request into the words of `/api/embed`.
 *
 * @throws {GatewayError} INVALID_REQUEST for input in tokens: Ollama takes text.
 * @see https://docs.ollama.com/api/embed
 */
export function embedRequest(call: Asked): string {
  const asked = askedOf(call)
  const input = asked['input']
  const isText =
    typeof input === 'string' || listOf(input).every((part) => typeof part === 'string')
  if (!isText) {
    const message = 'Ollama takes texts to embed, not tokens.'
    throw new GatewayError('INVALID_REQUEST', message, { issues: [{ path: ['input'], message }] })
  }
  const passed = ['dimensions', 'truncate', 'keep_alive', 'options'].filter((name) =>
    given(asked[name]),
  )
  return JSON.stringify({
    model: call.model,
    input,
    ...Object.fromEntries(passed.map((name) => [name, asked[name]])),
  })
}

function askedOf({ request }: Asked): JsonObject {
  return losslessObject(request.text) ?? request.body
}

function optionsOf(asked: JsonObject): JsonObject {
  const limit = asked['max_completion_tokens'] ?? asked['max_tokens']
  const stop = asked['stop']
  return {
    ...Object.fromEntries(
      sameOptions.filter((name) => given(asked[name])).map((name) => [name, asked[name]]),
    ),
    ...(given(limit) && { num_predict: limit }),
    ...(given(stop) && { stop: typeof stop === 'string' ? [stop] : stop }),
  }
}

function formatOf(wanted: JsonValue | undefined): JsonValue | undefined {
  const format = objectOf(wanted)
  if (format?.['type'] === 'json_object') return 'json'
  return format?.['type'] === 'json_schema'
    ? objectOf(format['json_schema'])?.['schema']
    : undefined
}

function thinkOf(effort: JsonValue | undefined): JsonValue | undefined {
  return effort === 'none' || effort === 'minimal' ? false : textOf(effort)
}

function given(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null
}
