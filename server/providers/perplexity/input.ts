import type { JsonObject, JsonValue } from '#domain/chat.ts'
import { listOf, objectOf, textOf } from '../openai-wire/shape.ts'

/** A conversation in the Agent API's words. */
export interface AgentInput {
  /** What the system messages at its beginning say. */
  readonly instructions: string | undefined
  readonly input: readonly JsonObject[]
}

/**
 * Puts OpenAI's messages into the Agent API's items: messages, calls of functions and their outputs. System messages at
 * the beginning become the instructions; later ones stay where they are.
 */
export function agentInput(messages: JsonValue | undefined): AgentInput {
  const all = listOf(messages).map((value) => objectOf(value) ?? {})
  const first = all.findIndex((message) => !isSystem(message))
  const leading = first < 0 ? all : all.slice(0, first)
  const instructions = leading
    .map(({ content }) => plainText(content))
    .filter((text) => text !== '')
  return {
    instructions: instructions.length > 0 ? instructions.join('\n\n') : undefined,
    input: all.slice(leading.length).flatMap(itemsOf),
  }
}

function isSystem({ role }: JsonObject): boolean {
  return role === 'system' || role === 'developer'
}

function itemsOf(message: JsonObject): readonly JsonObject[] {
  const { role, content } = message
  if (role === 'tool' || role === 'function') {
    const callId = message['tool_call_id'] ?? message['name']
    return [{ type: 'function_call_output', call_id: callId, output: plainText(content) }]
  }
  const calls = listOf(message['tool_calls']).map(functionCall)
  const isEmpty = content === undefined || content === null || content === ''
  if (isEmpty && calls.length > 0) return calls
  return [{ type: 'message', role, content: contentOf(content) }, ...calls]
}

function functionCall(value: JsonValue): JsonObject {
  const call = objectOf(value)
  const called = objectOf(call?.['function'])
  const args = called?.['arguments']
  return {
    type: 'function_call',
    call_id: call?.['id'],
    name: called?.['name'],
    arguments: typeof args === 'string' ? args : JSON.stringify(args ?? {}),
  }
}

function contentOf(content: JsonValue | undefined): JsonValue {
  if (!Array.isArray(content)) return content ?? ''
  return listOf(content).map((value) => {
    const part = objectOf(value) ?? {}
    if (part['type'] === 'text') return { type: 'input_text', text: part['text'] }
    if (part['type'] !== 'image_url') return value
    return {
      type: 'input_image',
      image_url: textOf(part['image_url']) ?? objectOf(part['image_url'])?.['url'],
    }
  })
}

function plainText(content: JsonValue | undefined): string {
  if (typeof content === 'string') return content
  return listOf(content)
    .map((part) => textOf(part) ?? textOf(objectOf(part)?.['text']) ?? '')
    .join('\n')
}
