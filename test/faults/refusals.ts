import type { Behaviour } from './double-exchange.ts'

/** Says no with a status, in OpenAI's words. */
export function refuses(
  status: number,
  {
    code = null,
    type = 'some_error',
    message = 'no, thanks',
    headers = {},
    body = JSON.stringify({ error: { message, type, param: null, code } }),
  }: {
    code?: string | null
    type?: string
    message?: string
    headers?: Readonly<Record<string, string>>
    body?: string
  } = {},
): Behaviour {
  return async (exchange) => {
    const bytes = Buffer.from(body)
    const all = { 'content-type': 'application/json', ...headers }
    await exchange.head(status, all, { length: bytes.length })
    await exchange.raw(bytes)
  }
}

/** 429, with a word on when to come back. */
export function limits(retryAfter?: string): Behaviour {
  return refuses(429, {
    type: 'requests',
    code: 'rate_limit_exceeded',
    message: 'Rate limit reached for requests',
    headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter },
  })
}

export const outOfQuota = refuses(429, {
  type: 'insufficient_quota',
  code: 'insufficient_quota',
  message: 'You exceeded your current quota, please check your plan and billing details.',
})

export const contextTooLong = refuses(400, {
  type: 'invalid_request_error',
  code: 'context_length_exceeded',
  message: "This model's maximum context length is 8192 tokens.",
})

export const contentRefused = refuses(400, {
  type: 'invalid_request_error',
  code: 'content_policy_violation',
  message: 'Your request was rejected as a result of our safety system.',
})

export function redirects(status: number): Behaviour {
  return refuses(status, { headers: { location: 'http://127.0.0.1:9/elsewhere' } })
}
