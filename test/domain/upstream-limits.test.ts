import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readUpstreamLimits, resetMs } from '#domain/upstream-limits.ts'

const epochMs = 1_795_000_000_000

describe('the limits that a provider tells', () => {
  it('are read in the shape of OpenAI', () => {
    const headers = {
      'x-ratelimit-limit-requests': '10000',
      'x-ratelimit-limit-tokens': '2000000',
      'x-ratelimit-remaining-requests': '9999',
      'x-ratelimit-remaining-tokens': '1999984',
      'x-ratelimit-reset-requests': '6ms',
      'x-ratelimit-reset-tokens': '6m0s',
    }
    expect(readUpstreamLimits(headers, epochMs)).toEqual({
      requests: { limit: 10_000, remaining: 9_999, resetMs: 6 },
      tokens: { limit: 2_000_000, remaining: 1_999_984, resetMs: 360_000 },
    })
  })

  it('are read in the shape of xAI, which tells no reset', () => {
    const headers = {
      'x-ratelimit-limit-requests': '480',
      'x-ratelimit-remaining-requests': '0',
    }
    expect(readUpstreamLimits(headers, epochMs)).toEqual({
      requests: { limit: 480, remaining: 0, resetMs: null },
      tokens: null,
    })
  })

  it('are read in the shape of OpenRouter, which counts requests and tells an instant', () => {
    const headers = {
      'x-ratelimit-limit': '20',
      'x-ratelimit-remaining': '3',
      'x-ratelimit-reset': String(epochMs + 42_000),
    }
    expect(readUpstreamLimits(headers, epochMs)).toEqual({
      requests: { limit: 20, remaining: 3, resetMs: 42_000 },
      tokens: null,
    })
  })

  it.each([
    ['nothing', {}],
    ['a limit alone', { 'x-ratelimit-limit-requests': '10' }],
    ['-1', { 'x-ratelimit-limit-tokens': '-1', 'x-ratelimit-remaining-tokens': '-1' }],
    ['less than nothing left', { 'x-ratelimit-limit': '10', 'x-ratelimit-remaining': '-1' }],
    ['a limit of 0', { 'x-ratelimit-limit-tokens': '0', 'x-ratelimit-remaining-tokens': '0' }],
    ['words', { 'x-ratelimit-limit': 'many', 'x-ratelimit-remaining': 'some' }],
    ['a list', { 'x-ratelimit-limit': ['1', '2'], 'x-ratelimit-remaining': '1' }],
  ])('are not believed where they say %s', (_name, headers) => {
    expect(readUpstreamLimits(headers, epochMs)).toBeUndefined()
  })
})

describe('a reset', () => {
  it.each([
    ['20ms', 20],
    ['1s', 1_000],
    ['6m0s', 360_000],
    ['1h0m0.5s', 3_600_500],
    ['1m30.951s', 90_951],
    ['88.000000ms', 88],
    ['250µs', 0.25],
    ['17', 17_000],
    ['0.5', 500],
    ['0', 0],
    ['-3', 0],
    [String(epochMs / 1000 + 30), 30_000],
    [String(epochMs + 1_234), 1_234],
    [String(epochMs - 1), 0],
    [' 2s ', 2_000],
    ['', null],
    ['soon', null],
    ['1s later', null],
    ['-1s', null],
    ['s', null],
    ['2026-11-23T00:00:00Z', null],
    [undefined, null],
    [['1s'], null],
  ])('of %j is in %s ms', (text, ms) => {
    expect(resetMs(text, epochMs)).toBe(ms)
  })

  it('is a finite time of 0 or more, or nothing, whatever is sent', () => {
    const duration = fc
      .array(fc.tuple(fc.nat(), fc.constantFrom('h', 'm', 's', 'ms', 'us', 'ns', 'x', '')))
      .map((parts) => parts.flat().join(''))
    fc.assert(
      fc.property(fc.oneof(fc.string(), duration), (text) => {
        const read = resetMs(text, epochMs)
        expect(read === null || (Number.isFinite(read) && read >= 0)).toBe(true)
      }),
    )
  })
})
