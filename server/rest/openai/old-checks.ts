import type { JsonValue } from '#domain/chat.ts'
import { findMember, replaceMember, type TextRange } from '#domain/json-text.ts'
import type { JsonBody } from './json-body.ts'
import { refusedFields } from './request-issues.ts'

/**
 * What v0.7.2 asked of `messages`: a list, of objects.
 *
 * @throws {GatewayError} INVALID_REQUEST, whose words name the index.
 */
export function checkMessagesOfOld(messages: JsonValue | undefined): void {
  if (messages === undefined) return
  if (!Array.isArray(messages))
    throw refusedFields([{ path: ['messages'], message: 'must be a list' }])
  const odd = messages.findIndex(
    (each) => typeof each !== 'object' || each === null || Array.isArray(each),
  )
  if (odd !== -1)
    throw refusedFields([{ path: ['messages', `${odd}`], message: 'must be an object' }])
}

/** As v0.7.2 did, turns a message's `content` of null into the empty string; every other character stays. */
export function withoutNullContent(given: JsonBody): JsonBody {
  const messages = given.body['messages']
  if (!Array.isArray(messages) || !messages.some((each) => hasNullContent(each))) return given
  const range = findMember(given.text, 'messages')
  if (!range) return given
  const list = given.text.slice(range.start, range.end)
  let patched = ''
  let done = 0
  for (const [index, { start, end }] of elements(list).entries()) {
    if (!hasNullContent(messages[index])) continue
    patched += list.slice(done, start) + replaceMember(list.slice(start, end), 'content', '""')
    done = end
  }
  const text =
    given.text.slice(0, range.start) + patched + list.slice(done) + given.text.slice(range.end)
  const body = {
    ...given.body,
    messages: messages.map((each) => (hasNullContent(each) ? { ...each, content: '' } : each)),
  }
  return { text, body }
}

function hasNullContent(message: JsonValue | undefined): message is { readonly content: null } {
  return (
    typeof message === 'object' &&
    message !== null &&
    'content' in message &&
    message.content === null
  )
}

/** Where the elements of the array that `text` is stand. */
function elements(text: string): readonly TextRange[] {
  const ranges: TextRange[] = []
  let depth = 0
  let start = 1
  const pattern = /"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{},]/gs
  for (const { 0: token, index } of text.matchAll(pattern)) {
    if (token === '{' || token === '[') depth++
    else if (token === '}' || token === ']') depth--
    const closes = depth === 0
    if ((token === ',' && depth === 1) || closes) {
      ranges.push({ start, end: index })
      start = index + 1
    }
  }
  return ranges
}
