import { describe, expect, it } from 'vitest'
import { type ErrorCode, errorRules } from '#domain/errors.ts'
import {
  type BrokenAnswer,
  type Recovery,
  recoveryWith,
  type Successor,
} from '#domain/stream-recovery.ts'

const broken = (over: Partial<BrokenAnswer> = {}): BrokenAnswer => ({
  code: 'PROVIDER_NETWORK',
  seen: new Set(['text']),
  choices: 1,
  temperature: undefined,
  wanted: undefined,
  recoveriesLeft: 1,
  ...over,
})

const successor = (over: Partial<Successor> = {}): Successor => ({
  takesPrefix: false,
  isSameModel: true,
  ...over,
})

describe('an answer that broke off', () => {
  it.each<[string, Partial<BrokenAnswer>, Partial<Successor>, Recovery]>([
    ['where a prefix is taken', {}, { takesPrefix: true }, 'CONTINUE'],
    ['at temperature 0', { temperature: 0 }, {}, 'ALIGN'],
    ['at temperature 0 with another model', { temperature: 0 }, { isSameModel: false }, 'FAIL'],
    ['at the default temperature', {}, {}, 'FAIL'],
    ['at temperature 0.1', { temperature: 0.1 }, {}, 'FAIL'],
    ['at temperature 0, prefix taken', { temperature: 0 }, { takesPrefix: true }, 'CONTINUE'],
    ['that shall fail', { wanted: 'FAIL', temperature: 0 }, { takesPrefix: true }, 'FAIL'],
    ['that shall be aligned', { wanted: 'ALIGN' }, { takesPrefix: true }, 'ALIGN'],
    ['that shall go on, and can', { wanted: 'CONTINUE' }, { takesPrefix: true }, 'CONTINUE'],
    ['that shall go on, and cannot', { wanted: 'CONTINUE', temperature: 0 }, {}, 'FAIL'],
  ])('%s: %s', (_name, answer, next, recovery) => {
    expect(recoveryWith(broken(answer), successor(next))).toBe(recovery)
  })

  it.each<[string, Partial<BrokenAnswer>]>([
    ['after a tool call', { seen: new Set(['text', 'tool-call']) }],
    ['after a refusal', { seen: new Set(['refusal']) }],
    ['for two choices', { choices: 2 }],
    ['after the last recovery', { recoveriesLeft: 0 }],
    ['when the caller has gone', { code: 'CANCELLED' }],
  ])('is never recovered %s', (_name, over) => {
    for (const wanted of ['CONTINUE', 'ALIGN', undefined] as const) {
      const answer = broken({ temperature: 0, wanted, ...over })
      expect(recoveryWith(answer, successor({ takesPrefix: true }))).toBe('FAIL')
    }
  })

  it('is recovered from the failures after which another target may be asked', () => {
    for (const code of Object.keys(errorRules) as ErrorCode[]) {
      const recovery = recoveryWith(broken({ code, temperature: 0 }), successor())
      expect(recovery).toBe(errorRules[code].mayFallBack ? 'ALIGN' : 'FAIL')
    }
  })
})
