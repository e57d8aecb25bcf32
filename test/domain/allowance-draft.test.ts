import { describe, expect, it } from 'vitest'
import { type AllowanceDraft, draftIssues, refuseIssues } from '#domain/allowance-draft.ts'

const budget: AllowanceDraft = {
  kind: 'BUDGET',
  name: 'Team',
  scope: { kind: 'MODEL', value: 'gpt-test' },
  unit: 'TICKS',
  limit: 100n,
  period: 'MONTH',
  timeZone: 'Europe/Berlin',
  action: 'BLOCK',
  thresholds: [0.5, 0.8, 1],
}
const quota: AllowanceDraft = {
  ...budget,
  kind: 'QUOTA',
  unit: 'REQUESTS',
  period: 'MINUTE',
  thresholds: [],
}

const faultsOf = (draft: AllowanceDraft) => draftIssues(draft).map(({ path }) => path.join('.'))

describe('a draft', () => {
  it.each<[string, Partial<AllowanceDraft>]>([
    ['as it is', {}],
    ['of nothing', { limit: 0n }],
    ['of the most that fits', { limit: 2n ** 63n - 1n }],
    ['without a zone', { timeZone: undefined }],
    ['that only tells, tenfold', { action: 'NOTIFY', thresholds: [0.001, 10] }],
    ['for ever', { period: 'TOTAL' }],
    ['with the longest name', { name: 'x'.repeat(200) }],
  ])('of a budget %s is right', (_name, over) => {
    expect(faultsOf({ ...budget, ...over })).toEqual([])
  })

  it.each<[Partial<AllowanceDraft>, string]>([
    [{ name: '' }, 'input.name'],
    [{ name: '  ' }, 'input.name'],
    [{ name: 'x'.repeat(201) }, 'input.name'],
    [{ name: 'a\0b' }, 'input.name'],
    [{ name: 'a\nb' }, 'input.name'],
    [{ name: 'a\ud800' }, 'input.name'],
    [{ scope: { kind: 'END_USER', value: '' } }, 'input.scope.value'],
    [{ scope: { kind: 'END_USER', value: 'x'.repeat(501) } }, 'input.scope.value'],
    [{ limit: -1n }, 'input.limit'],
    [{ limit: 2n ** 63n }, 'input.limit'],
    [{ timeZone: 'Mars/Olympus' }, 'input.timeZone'],
    [{ thresholds: [0] }, 'input.alertThresholds'],
    [{ thresholds: [0.5, 0.5] }, 'input.alertThresholds'],
    [{ thresholds: [0.8, 0.5] }, 'input.alertThresholds'],
    [{ thresholds: [10.5] }, 'input.alertThresholds'],
    [{ thresholds: [Number.NaN] }, 'input.alertThresholds'],
    [
      { thresholds: Array.from({ length: 21 }, (_, index) => (index + 1) / 10) },
      'input.alertThresholds',
    ],
    [{ period: 'HOUR' }, 'input.period'],
    [{ unit: 'TOKENS' }, 'input.period'],
  ])('of a budget with %o is refused at %s', (over, path) => {
    expect(faultsOf({ ...budget, ...over })).toEqual([path])
  })

  it.each<[Partial<AllowanceDraft>, readonly string[]]>([
    [{}, []],
    [{ unit: 'TOKENS', period: 'MONTH' }, []],
    [{ unit: 'CONCURRENT_REQUESTS', period: 'TOTAL' }, []],
    [{ unit: 'CONCURRENT_REQUESTS' }, ['input.window']],
    [{ period: 'TOTAL' }, ['input.window']],
    [{ period: 'WEEK' }, ['input.window']],
    [{ unit: 'TICKS' }, ['input.unit']],
    [{ action: 'NOTIFY' }, ['input.action']],
  ])('of a quota with %o has the faults %j', (over, paths) => {
    expect(faultsOf({ ...quota, ...over })).toEqual(paths)
  })

  it('is refused with all its faults at once, and the first in words', () => {
    const issues = draftIssues({ ...budget, name: '', limit: -1n })
    expect(() => refuseIssues(issues)).toThrow(
      expect.objectContaining({
        code: 'INVALID_REQUEST',
        message: '`name` must have 1 to 200 characters.',
        details: { issues },
      }),
    )
    expect(issues).toHaveLength(2)
  })
})
