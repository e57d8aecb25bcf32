import { expect, it } from 'vitest'
import { openBindingProblem } from '#auth/open-binding.ts'

it.each([
  ['127.0.0.1', undefined, false, true],
  ['localhost', undefined, false, true],
  ['::1', undefined, false, true],
  ['127.8.8.8', undefined, false, true],
  ['0.0.0.0', undefined, false, false],
  ['::', undefined, false, false],
  ['192.168.1.4', undefined, false, false],
  ['127.0.0.1.example.com', undefined, false, false],
  ['0.0.0.0', 'token', false, true],
  ['0.0.0.0', undefined, true, true],
])('bound to %s with token %j and administrator %j it may start: %s', (host, token, has, may) => {
  const problem = openBindingProblem(host, { token, hasAdministrator: has })
  expect(problem?.includes('ROUTER_AUTH_TOKEN') ?? may).toBe(true)
  expect(problem === undefined).toBe(may)
})
