import type { ModelRequest } from './chat.ts'
import { findMember } from './json-text.ts'

/**
 * The request with the beginning of its answer behind its messages, for a target that goes on from there. Nothing else
 * of its text is touched.
 *
 * @param text What there is of the answer; nothing leaves the request as it is.
 */
export function continuedRequest(request: ModelRequest, text: string): ModelRequest {
  const { messages } = request.body
  const range = findMember(request.text, 'messages')
  if (text === '' || !range || !Array.isArray(messages)) return request
  const beginning = { role: 'assistant', content: text }
  const end = request.text.lastIndexOf(']', range.end)
  const separator = messages.length > 0 ? ',' : ''
  return {
    ...request,
    text: `${request.text.slice(0, end)}${separator}${JSON.stringify(beginning)}${request.text.slice(end)}`,
    body: { ...request.body, messages: [...messages, beginning] },
  }
}
