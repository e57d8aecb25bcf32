import type { JsonObject, JsonValue } from '#domain/chat.ts'

/**
 * Whether a chat request has nothing but what nearly all have, and that right: it then satisfies the schema, which need
 * not be asked. False says nothing: ask the schema.
 */
export function isPlainChat(body: JsonObject): boolean {
  for (const name in body) {
    if (!isPlainMember(name, body[name])) return false
  }
  return true
}

function isPlainMember(name: string, value: JsonValue | undefined): boolean {
  switch (name) {
    case 'model':
    case 'user':
      return typeof value === 'string'
    case 'messages':
      return Array.isArray(value) && value.every(isPlainMessage)
    case 'stream':
      return typeof value === 'boolean'
    case 'max_tokens':
    case 'max_completion_tokens':
      return Number.isSafeInteger(value) && Number(value) >= 1
    case 'temperature':
    case 'top_p':
    case 'frequency_penalty':
    case 'presence_penalty':
    case 'seed':
      return typeof value === 'number'
  }
  return false
}

const roles: ReadonlySet<unknown> = new Set(['system', 'developer', 'user', 'assistant'])

function isPlainMessage(message: JsonValue): boolean {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return false
  const { role, content, ...others } = message as JsonObject
  for (const _other in others) return false
  return roles.has(role) && typeof content === 'string'
}
