import type { JsonObject, JsonValue } from '#domain/chat.ts'
import { GatewayError } from '#domain/errors.ts'
import { losslessObject } from '../openai-wire/lossless.ts'
import { listOf, objectOf, textOf } from '../openai-wire/shape.ts'

type Path = readonly (string | number)[]

/**
 * Puts OpenAI's messages into Ollama's words: text in one string, images as base64 beside it, a tool's arguments as an
 * object, a tool's answer with the name of its tool.
 *
 * @throws {GatewayError} INVALID_REQUEST with the path of what Ollama has no words for.
 */
export function ollamaMessages(messages: JsonValue | undefined): readonly JsonObject[] {
  const toolNames = new Map<string, string>()
  return listOf(messages).map((value, index) => {
    const message = objectOf(value) ?? {}
    for (const call of listOf(message['tool_calls'])) rememberName(call, toolNames)
    return ollamaMessage(message, { toolNames, path: ['messages', index] })
  })
}

function ollamaMessage(
  message: JsonObject,
  { toolNames, path }: { toolNames: ReadonlyMap<string, string>; path: Path },
): JsonObject {
  const { content, images } = contentOf(message['content'], [...path, 'content'])
  const calls = listOf(message['tool_calls'])
  const callId = textOf(message['tool_call_id'])
  const toolName =
    textOf(message['name']) ?? (callId === undefined ? undefined : toolNames.get(callId))
  const isTool = message['role'] === 'tool' || message['role'] === 'function'
  const thinking = textOf(message['reasoning_content']) ?? textOf(message['reasoning'])
  return {
    role: roleOf(message['role']),
    content,
    ...(images.length > 0 && { images }),
    ...(thinking !== undefined && { thinking }),
    ...(calls.length > 0 && {
      tool_calls: calls.map((call, index) => toolCall(call, [...path, 'tool_calls', index])),
    }),
    ...(isTool && toolName !== undefined && { tool_name: toolName }),
    ...(isTool && callId !== undefined && { tool_call_id: callId }),
  }
}

function roleOf(role: JsonValue | undefined): JsonValue | undefined {
  if (role === 'developer') return 'system'
  return role === 'function' ? 'tool' : role
}

function contentOf(
  content: JsonValue | undefined,
  path: Path,
): { content: JsonValue; images: readonly string[] } {
  if (!Array.isArray(content)) return { content: content ?? '', images: [] }
  const texts: string[] = []
  const images: string[] = []
  listOf(content).forEach((value, index) => {
    const part = objectOf(value) ?? {}
    const text = textOf(part['text']) ?? textOf(part['refusal'])
    if (typeof value === 'string') texts.push(value)
    else if (part['type'] === 'image_url')
      images.push(imageOf(part['image_url'], [...path, index, 'image_url']))
    else if (text !== undefined) texts.push(text)
    else if (part['type'] !== 'text') {
      throw unknownWord(
        `Ollama takes text and images, not ${JSON.stringify(part['type'] ?? null)}.`,
        [...path, index],
      )
    }
  })
  return { content: texts.join('\n'), images }
}

/** Ollama fetches nothing: an image comes with the request, as base64. */
function imageOf(image: JsonValue | undefined, path: Path): string {
  const url = textOf(image) ?? textOf(objectOf(image)?.['url']) ?? ''
  const data = /^data:[^,]*;base64,(?<base64>.*)$/s.exec(url)?.groups?.['base64']
  if (data === undefined)
    throw unknownWord('Ollama takes images as data: URLs in base64 only.', path)
  return data
}

function rememberName(value: JsonValue, toolNames: Map<string, string>): void {
  const call = objectOf(value)
  const id = textOf(call?.['id'])
  const name = textOf(objectOf(call?.['function'])?.['name'])
  if (id !== undefined && name !== undefined) toolNames.set(id, name)
}

function toolCall(value: JsonValue, path: Path): JsonObject {
  const call = objectOf(value)
  const called = objectOf(call?.['function'])
  const text = textOf(called?.['arguments']) ?? '{}'
  const parsed = objectOf(called?.['arguments']) ?? losslessObject(text)
  if (!parsed)
    throw unknownWord('A tool call has arguments that are no JSON object.', [
      ...path,
      'function',
      'arguments',
    ])
  const id = textOf(call?.['id'])
  return {
    ...(id !== undefined && { id }),
    function: { name: called?.['name'], arguments: parsed },
  }
}

function unknownWord(message: string, path: Path): GatewayError {
  return new GatewayError('INVALID_REQUEST', message, {
    issues: [{ path: path.map(String), message }],
  })
}
