import { CombinedError } from '@urql/core'
import { expect, it } from 'vitest'
import { failureOf } from '#web/failure.ts'

const response = (status: number, headers: Record<string, string> = {}) =>
  new Response('', { status, headers })

it('takes message and request id from the error itself', () => {
  const error = new CombinedError({
    graphQLErrors: [{ message: 'It broke.', extensions: { code: 'INTERNAL', requestId: 'r-1' } }],
    response: response(200, { 'x-request-id': 'r-2' }),
  })
  expect(failureOf(error)).toEqual({ message: 'It broke.', requestId: 'r-1', unauthorized: false })
})

it('takes the request id from the answer where the error has none', () => {
  const error = new CombinedError({
    networkError: new Error('x'),
    response: response(503, { 'x-request-id': 'r-2' }),
  })
  expect(failureOf(error)).toEqual({
    message: 'The server answered 503.',
    requestId: 'r-2',
    unauthorized: false,
  })
})

it('knows from 401 that somebody has to sign in', () => {
  const error = new CombinedError({ networkError: new Error('x'), response: response(401) })
  expect(failureOf(error).unauthorized).toBe(true)
})

it('does not sign out who lacks a right', () => {
  const error = new CombinedError({
    graphQLErrors: [{ message: 'Not yours.', extensions: { code: 'FORBIDDEN' } }],
    response: response(200),
  })
  expect(failureOf(error).unauthorized).toBe(false)
})

it('knows from the code that somebody has to sign in', () => {
  const error = new CombinedError({
    graphQLErrors: [{ message: 'missing bearer token', extensions: { code: 'UNAUTHENTICATED' } }],
    response: response(200),
  })
  expect(failureOf(error).unauthorized).toBe(true)
})

it('says so when nothing came back', () => {
  const error = new CombinedError({ networkError: new TypeError('Failed to fetch') })
  expect(failureOf(error)).toEqual({
    message: 'The server cannot be reached.',
    requestId: null,
    unauthorized: false,
  })
})
