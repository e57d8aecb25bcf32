import type { ModelRequest } from './chat.ts'
import { choicesOf } from './hold.ts'
import { insertMember, replaceMember } from './json-text.ts'

const limitNames = ['max_completion_tokens', 'max_tokens'] as const

/**
 * The request with a limit on its output, so that it cannot use more than was set aside for it. The caller's own limit
 * is replaced where it stands; nothing else is touched.
 *
 * @param outputTokens For all choices together; 1 or more for each.
 * @param name How the provider calls the limit, where the caller set none.
 */
export function boundedRequest(
  request: ModelRequest,
  { outputTokens, name }: { outputTokens: number; name: (typeof limitNames)[number] },
): ModelRequest {
  if (request.operation !== 'chat') return request
  const limit = Math.floor(outputTokens / choicesOf(request.body))
  const stated = limitNames.filter((each) => request.body[each] !== undefined)
  if (stated.length > 0 && stated.every((each) => request.body[each] === limit)) return request
  const text = String(limit)
  const named = stated.length > 0 ? stated : [name]
  return {
    ...request,
    text: named.reduce(
      (body, each) =>
        request.body[each] === undefined
          ? insertMember(body, each, text)
          : replaceMember(body, each, text),
      request.text,
    ),
    body: { ...request.body, ...Object.fromEntries(named.map((each) => [each, limit])) },
  }
}
