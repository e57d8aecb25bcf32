import type { JsonObject, JsonValue } from '#domain/chat.ts'
import type { ProviderRequest } from '../adapter.ts'
import { losslessObject } from '../openai-wire/lossless.ts'
import { lowerLimit } from '../openai-wire/lower-limit.ts'
import { listOf, objectOf, textOf } from '../openai-wire/shape.ts'
import { agentInput } from './input.ts'

/** Fields of a chat request that the Agent API has no word for, or another one, or that are put together here. */
const chatOnly = new Set([
  'model',
  'messages',
  'stream',
  'stream_options',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'functions',
  'function_call',
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'temperature',
  'top_p',
  'n',
  'stop',
  'seed',
  'user',
  'frequency_penalty',
  'presence_penalty',
  'logit_bias',
  'logprobs',
  'top_logprobs',
  'response_format',
  'reasoning_effort',
  'web_search_options',
  'metadata',
  'store',
  'service_tier',
  'modalities',
  'audio',
  'prediction',
  'verbosity',
  'safety_identifier',
  'prompt_cache_key',
  'background',
  'instructions',
])

/** What callers of Sonar meant, in the Agent API's words; see Perplexity's guide for moving from Sonar. */
const sonarNames: Readonly<Record<string, JsonObject>> = {
  sonar: { model: 'perplexity/sonar', tools: [{ type: 'web_search' }] },
  'sonar-pro': { preset: 'fast' },
  'sonar-reasoning-pro': { preset: 'low' },
}

/**
 * Puts a chat request into the words of `POST /v1/agent`. A name with a slash is a model, another one a preset. Fields
 * that only the Agent API knows (`max_steps`, `models`, `previous_response_id`, ...) pass through. No digit is lost.
 *
 * @see https://docs.perplexity.ai/api-reference/agent-post
 */
export function agentRequest({
  request,
  model,
}: Pick<ProviderRequest, 'request' | 'model'>): string {
  const asked = losslessObject(request.text) ?? request.body
  const { tools: ownTools, ...named } = whichModel(model)
  const { instructions, input } = agentInput(asked['messages'])
  const limit = lowerLimit(
    asked['max_output_tokens'],
    asked['max_completion_tokens'] ?? asked['max_tokens'],
  )
  const tools = toolsOf(asked)
  const format = objectOf(asked['response_format'])
  const effort = textOf(asked['reasoning_effort'])
  const allInstructions = [textOf(asked['instructions']), instructions].filter(
    (text) => text !== undefined,
  )
  return JSON.stringify({
    ...named,
    input,
    stream: true,
    ...(allInstructions.length > 0 && { instructions: allInstructions.join('\n\n') }),
    ...(tools.length > 0 ? { tools } : ownTools && { tools: ownTools }),
    ...(limit !== undefined && limit !== null && { max_output_tokens: limit }),
    ...(effort !== undefined && { reasoning: { effort } }),
    ...(format?.['type'] === 'json_schema' && { response_format: format }),
    ...Object.fromEntries(
      Object.entries(asked).filter(([name, value]) => !chatOnly.has(name) && value !== null),
    ),
  })
}

function whichModel(model: string): JsonObject {
  return sonarNames[model] ?? (model.includes('/') ? { model } : { preset: model })
}

/** Functions lose the object around them; other tools are the Agent API's own. */
function toolsOf(asked: JsonObject): readonly JsonValue[] {
  if (asked['tool_choice'] === 'none') return []
  const tools = listOf(asked['tools']).map((value) => {
    const tool = objectOf(value)
    const definition = objectOf(tool?.['function'])
    return tool?.['type'] === 'function' && definition ? { type: 'function', ...definition } : value
  })
  const search = objectOf(asked['web_search_options'])
  return search ? [...tools, { type: 'web_search', ...search }] : tools
}
