import type { JsonObject } from './chat.ts'
import { elementsOf } from './json-strings.ts'
import { findMember, replaceMember } from './json-text.ts'

/**
 * The request with a system prompt: behind what the first system message says, or in the place of all of them.
 *
 * @param text A chat request, as JSON text.
 */
export function withSystemPrompt(
  text: string,
  { prompt, sets }: { prompt: string; sets: boolean },
): string {
  const messages = messagesOf(text)
  const first = messages.findIndex(isOfSystem)
  const added = JSON.stringify({ role: 'system', content: prompt })
  if (sets) return withMessages(text, [added, ...messages.filter((each) => !isOfSystem(each))])
  if (first < 0) return withMessages(text, [added, ...messages])
  return withMessages(text, messages.with(first, appended(messages[first]!, prompt)))
}

/** The request with other roles, and how many there were. @param roles From a role to the one that is sent. */
export function mappedRoles(
  text: string,
  roles: Readonly<Record<string, string>>,
): { text: string; count: number } {
  let count = 0
  const messages = messagesOf(text).map((message) => {
    const { role } = parsed(message)
    if (typeof role !== 'string' || !Object.hasOwn(roles, role)) return message
    count++
    return replaceMember(message, 'role', JSON.stringify(roles[role]))
  })
  return { text: count > 0 ? withMessages(text, messages) : text, count }
}

function messagesOf(text: string): readonly string[] {
  const range = findMember(text, 'messages')
  return range ? elementsOf(text.slice(range.start, range.end)) : []
}

const withMessages = (text: string, messages: readonly string[]): string =>
  replaceMember(text, 'messages', `[${messages.join(',')}]`)

/** Both words for the same thing. */
function isOfSystem(message: string): boolean {
  const { role } = parsed(message)
  return role === 'system' || role === 'developer'
}

function appended(message: string, prompt: string): string {
  const { content } = parsed(message)
  if (!Array.isArray(content)) {
    const before = typeof content === 'string' ? `${content}\n\n` : ''
    return replaceMember(message, 'content', JSON.stringify(before + prompt))
  }
  const range = findMember(message, 'content')
  const parts = range ? elementsOf(message.slice(range.start, range.end)) : []
  const part = JSON.stringify({ type: 'text', text: prompt })
  return replaceMember(message, 'content', `[${[...parts, part].join(',')}]`)
}

function parsed(message: string): JsonObject {
  const value: unknown = JSON.parse(message)
  return typeof value === 'object' && value !== null ? (value as JsonObject) : {}
}
