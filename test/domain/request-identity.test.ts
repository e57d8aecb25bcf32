import { expect, it } from 'vitest'
import type { RoutingWish } from '#domain/call-route.ts'
import { requestIdentity } from '#domain/request-identity.ts'

const request = { operation: 'chat', text: '{"model":"m"}' } as const
const wish: RoutingWish = {
  strategy: undefined,
  allow: ['a'],
  deny: [],
  fallbacks: [],
  maxCost: 5n,
  timeoutMs: undefined,
}

it('is that of the request alone where nothing is asked of its routing', () => {
  expect(requestIdentity({ request })).toBe('chat\n{"model":"m"}')
})

it.each<[string, Partial<RoutingWish>]>([
  ['strategy', { strategy: 'PRIORITY' }],
  ['allowed models', { allow: ['b'] }],
  ['denied models', { allow: [], deny: ['a'] }],
  ['fallbacks', { fallbacks: ['a'] }],
  ['most cost', { maxCost: 6n }],
  ['most cost, which is not no limit', { maxCost: null }],
  ['time', { timeoutMs: 1 }],
])('differs by the %s', (_what, over) => {
  const asked = requestIdentity({ request, routing: wish })
  expect(requestIdentity({ request, routing: { ...wish } })).toBe(asked)
  expect(requestIdentity({ request, routing: { ...wish, ...over } })).not.toBe(asked)
})

it('differs by what is done, and by the text', () => {
  const all = [request, { ...request, operation: 'embeddings' as const }, { ...request, text: '' }]
  expect(new Set(all.map((each) => requestIdentity({ request: each }))).size).toBe(3)
})
