import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RoutingWish } from '#domain/call-route.ts'
import { readRoutingWish, routingStrategies, type WrittenWish } from '#domain/routing-wish.ts'

const read = (written: WrittenWish) => {
  const complaints: string[] = []
  const wish = readRoutingWish(written, (path, message) =>
    complaints.push(`${path.join('.')} ${message}`),
  )
  return { wish, complaints }
}
const wishOf = (written: WrittenWish) => {
  const { wish, complaints } = read(written)
  expect(complaints).toEqual([])
  return wish
}
const nothing: RoutingWish = {
  strategy: undefined,
  allow: [],
  deny: [],
  fallbacks: [],
  maxCost: null,
  timeoutMs: undefined,
}

describe('a wish', () => {
  it('is none where nothing is asked, however that is written', () => {
    const nulls = { strategy: null, allow: null, maxCost: null, timeoutMs: null }
    for (const written of [{}, nulls, { allow: [], deny: [], fallbacks: [] }])
      expect(wishOf(written)).toBeUndefined()
  })

  it.each(routingStrategies)('may name the strategy %s', (strategy) => {
    expect(wishOf({ strategy })).toEqual({ ...nothing, strategy })
  })

  it('has each name once, without spaces around it', () => {
    const written = {
      allow: [' openai:* ', 'openai:*'],
      deny: ['xai:grok'],
      fallbacks: [' openai : gpt-4 ', 'alias', 'openai:gpt-4'],
    }
    expect(wishOf(written)).toEqual({
      ...nothing,
      allow: ['openai:*'],
      deny: ['xai:grok'],
      fallbacks: ['openai:gpt-4', 'alias'],
    })
  })

  it.each([
    ['0', 0n],
    ['0.05', 500_000_000n],
    ['0.00000000019', 1n],
    ['12', 120_000_000_000n],
  ])('may limit the cost to %s dollars', (maxCost, ticks) => {
    expect(wishOf({ maxCost })).toEqual({ ...nothing, maxCost: ticks })
  })

  it.each([1, 3_600_000])('may limit the time to %d ms', (timeoutMs) => {
    expect(wishOf({ timeoutMs })).toEqual({ ...nothing, timeoutMs })
  })
})

const twentyOne = Array.from({ length: 21 }, (_, index) => `m${index}`)
const long = 'x'.repeat(257)

describe('a complaint names the field', () => {
  it.each<[string, WrittenWish]>([
    [`strategy must be one of ${routingStrategies.join(', ')}`, { strategy: 'CHEAPEST' }],
    ['allow must name at most 20', { allow: twentyOne }],
    ['deny must name at most 20', { deny: twentyOne }],
    ['fallbacks must name at most 20', { fallbacks: twentyOne }],
    ['allow.1 must have at most 256 characters', { allow: ['a', long] }],
    ['fallbacks.0 must have at most 256 characters', { fallbacks: [long] }],
    ['deny.0 must not be blank', { deny: [' '] }],
    ['deny.0 must have no control characters', { deny: ['a\u0000'] }],
    ['deny.0 must have no control characters', { deny: ['a\ud800'] }],
    ['deny.0 may have a * at its end only, such as openai:gpt-*', { deny: ['*:gpt'] }],
    ['fallbacks.0 names no model of provider "openai"', { fallbacks: ['openai:'] }],
    ['maxCost must be a decimal number of US dollars, 0 or more', { maxCost: '-0.01' }],
    ['maxCost must be a decimal number of US dollars, 0 or more', { maxCost: 'much' }],
    ['timeoutMs must be a whole number from 1 to 3600000', { timeoutMs: 0 }],
    ['timeoutMs must be a whole number from 1 to 3600000', { timeoutMs: 3_600_001 }],
    ['timeoutMs must be a whole number from 1 to 3600000', { timeoutMs: Number.NaN }],
  ])('%s', (complaint, written) => {
    expect(read(written).complaints).toEqual([complaint])
  })

  it('and each fault has its own', () => {
    expect(read({ maxCost: '-1', timeoutMs: 0, allow: [''] }).complaints).toHaveLength(3)
  })
})

it('a limit is never above the one that was written', () => {
  const digits = fc.stringMatching(/^\d{1,15}(?:\.\d{1,20})?$/)
  fc.assert(
    fc.property(digits, (maxCost) => {
      const ticks = wishOf({ maxCost })?.maxCost ?? -1n
      const [whole = '', fraction = ''] = maxCost.split('.')
      expect(ticks).toBe(BigInt(whole + fraction.padEnd(10, '0').slice(0, 10)))
    }),
  )
})
