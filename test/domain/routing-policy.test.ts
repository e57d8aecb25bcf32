import { describe, expect, it } from 'vitest'
import type { RoutingWish } from '#domain/call-route.ts'
import { mayOverride, overrideRefusal } from '#domain/routing-policy.ts'

const key = '019a0000-0000-7000-8000-00000000000a'
const nothing: RoutingWish = {
  strategy: undefined,
  allow: [],
  deny: [],
  fallbacks: [],
  maxCost: null,
  timeoutMs: undefined,
}

it.each<[Parameters<typeof mayOverride>[0], string | null, boolean]>([
  [true, null, true],
  [true, key, true],
  [false, key, false],
  [[key], key.toUpperCase(), true],
  [[key], '019a0000-0000-7000-8000-00000000000b', false],
  [[key], null, false],
])('with %j, the key %s may choose: %s', (overrides, apiKeyId, may) => {
  expect(mayOverride(overrides, apiKeyId)).toBe(may)
})

describe('who may not choose', () => {
  it.each<[string, Partial<RoutingWish>]>([
    ['strategy', { strategy: 'LOWEST_COST' }],
    ['allow', { allow: ['a'] }],
    ['deny', { deny: ['a'] }],
    ['fallbacks', { fallbacks: ['a'] }],
    ['strategy, fallbacks', { strategy: 'PRIORITY', fallbacks: ['a'], maxCost: 1n }],
  ])('is told to leave out %s', (fields, over) => {
    expect(overrideRefusal({ ...nothing, ...over })).toMatchObject({
      code: 'FORBIDDEN',
      message: expect.stringContaining(`leave ${fields} out`),
    })
  })

  it('may still limit what a call costs and takes', () => {
    expect(overrideRefusal({ ...nothing, maxCost: 1n, timeoutMs: 1 })).toBeUndefined()
    expect(overrideRefusal(undefined)).toBeUndefined()
  })
})
