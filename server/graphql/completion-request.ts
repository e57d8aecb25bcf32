import type { JsonObject, JsonValue, ModelRequest } from '#domain/chat.ts'
import { type FieldIssue, GatewayError } from '#domain/errors.ts'
import { idempotencyKeyFault } from '#domain/idempotency-key.ts'
import { parseModelName } from '#domain/model-name.ts'
import { readRoutingWish } from '#domain/routing-wish.ts'
import type { RoutingWish } from '#domain/call-route.ts'
import type { CompletionChoice } from './completion-choice.ts'
import { wireMessage } from './wire-message.ts'

/** Gathers what is wrong with an input. */
export type Complain = (path: readonly (string | number)[], message: string) => void

/** What an input asks for: the request on OpenAI's wire, and how it is to be routed. */
export interface AskedCompletion {
  readonly request: ModelRequest
  readonly routing: RoutingWish | undefined
}

/** @throws {GatewayError} INVALID_REQUEST with the path of every faulty field. */
export function askedCompletion(
  input: CompletionChoice,
  { stream }: { stream: boolean },
): AskedCompletion {
  const issues: FieldIssue[] = []
  const complain: Complain = (path, message) =>
    issues.push({ path: ['input', ...path.map(String)], message })
  const model = modelName(input.model, complain)
  const body = wireBody(input, { model, stream, complain })
  checkAttribution(input, complain)
  const routing = readRoutingWish(input.routing ?? {}, (path, message) =>
    complain(['routing', ...path], message),
  )
  const [first] = issues
  if (first) {
    const field = first.path.slice(1).join('.')
    throw new GatewayError('INVALID_REQUEST', `\`${field}\` ${first.message}.`, { issues })
  }
  const text = JSON.stringify(body)
  // Integers of more digits than a float holds stand in `body` as opaque values: who looks gets plain ones.
  const hasExact = /[^"\d.]\d{16}/.test(text)
  const read = hasExact ? JSON.parse(text) : body
  return { request: { operation: 'chat', model, stream, text, body: read }, routing }
}

function modelName(asked: string, complain: Complain): string {
  try {
    const { prefix, model } = parseModelName(asked)
    return prefix === undefined ? model : `${prefix}:${model}`
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown
    complain(['model'], thrown.message.replace(/^`model` |\.$/g, ''))
    return ''
  }
}

function wireBody(
  input: CompletionChoice,
  { model, stream, complain }: { model: string; stream: boolean; complain: Complain },
): JsonObject {
  const { maxOutputTokens, reasoningEffort, responseFormat, toolChoice, tools } = input
  if (typeof maxOutputTokens === 'number' && maxOutputTokens < 1)
    complain(['maxOutputTokens'], 'must be at least 1')
  return defined({
    ...providerOptions(input.providerOptions, complain),
    model,
    messages: input.messages.map((message, index) =>
      wireMessage(message, (path, text) => complain(['messages', index, ...path], text)),
    ),
    ...(stream && { stream }),
    temperature: input.temperature,
    top_p: input.topP,
    max_completion_tokens: maxOutputTokens,
    stop: input.stop,
    seed: input.seed,
    tools: tools?.map((tool, index) =>
      wireTool(tool, (path, text) => complain(['tools', index, ...path], text)),
    ),
    tool_choice: toolChoice && wireToolChoice(toolChoice),
    response_format: responseFormat && wireFormat(responseFormat, complain),
    reasoning_effort: reasoningEffort?.toLowerCase(),
  })
}

/** Without what was not given. */
function defined(fields: Readonly<Record<string, unknown>>): JsonObject {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null)
  return Object.fromEntries(given) as JsonObject
}

/** Fields that have a place of their own in the input, or that decide how the answer is sent. */
const reserved = new Set(['model', 'messages', 'stream', 'stream_options', '__proto__'])

function providerOptions(options: unknown, complain: Complain): Readonly<Record<string, unknown>> {
  if (options === null || options === undefined) return {}
  if (!isObject(options)) {
    complain(['providerOptions'], 'must be an object')
    return {}
  }
  for (const name of Object.keys(options)) {
    if (reserved.has(name)) complain(['providerOptions', name], 'cannot be set here')
  }
  if (options['n'] !== undefined && options['n'] !== 1)
    complain(['providerOptions', 'n'], 'must be 1: a completion is one answer')
  for (const name of ['max_tokens', 'max_completion_tokens']) {
    const limit = options[name]
    const fits = typeof limit === 'number' && Number.isSafeInteger(limit) && limit >= 1
    if (limit !== undefined && limit !== null && !fits)
      complain(['providerOptions', name], 'must be a whole number of at least 1')
  }
  return options
}

function wireTool(
  { name, description, parameters, strict }: NonNullable<CompletionChoice['tools']>[number],
  complain: Complain,
): object {
  if (!/^[\w.-]{1,128}$/.test(name))
    complain(['name'], 'must have 1 to 128 letters, digits, dots, dashes or underscores')
  if (!isObject(parameters)) complain(['parameters'], 'must be a JSON Schema object')
  return { type: 'function', function: defined({ name, description, parameters, strict }) }
}

function wireToolChoice(choice: string): JsonValue {
  if (choice === 'auto' || choice === 'none' || choice === 'required') return choice
  return { type: 'function', function: { name: choice } }
}

function wireFormat(
  { jsonObject, jsonSchema }: NonNullable<CompletionChoice['responseFormat']>,
  complain: Complain,
): object {
  if (jsonSchema) {
    const { name, schema, strict } = jsonSchema
    if (!isObject(schema))
      complain(['responseFormat', 'jsonSchema', 'schema'], 'must be a JSON Schema object')
    return { type: 'json_schema', json_schema: defined({ name, schema, strict }) }
  }
  return { type: jsonObject ? 'json_object' : 'text' }
}

const longestName = 256

function checkAttribution(
  { endUser, idempotencyKey, metadata, sessionId, tags }: CompletionChoice,
  complain: Complain,
): void {
  const checkText = (
    path: readonly (string | number)[],
    text: string | null | undefined,
    longest = longestName,
  ) => {
    if (text === null || text === undefined) return
    if (text.length > longest) complain(path, `must have at most ${longest} characters`)
    if (/\p{Cc}/u.test(text)) complain(path, 'must have no control characters')
  }
  checkText(['endUser'], endUser)
  checkText(['sessionId'], sessionId)
  const keyFault = typeof idempotencyKey === 'string' && idempotencyKeyFault(idempotencyKey)
  if (keyFault) complain(['idempotencyKey'], keyFault)
  if (tags && tags.length > 20) complain(['tags'], 'must be at most 20')
  tags?.forEach((tag, index) => checkText(['tags', index], tag))
  if (metadata === null || metadata === undefined) return
  if (!isObject(metadata)) complain(['metadata'], 'must be an object')
  else if (JSON.stringify(metadata).length > 4096)
    complain(['metadata'], 'must have at most 4096 characters as JSON')
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
