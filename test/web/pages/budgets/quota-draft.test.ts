import { expect, it } from 'vitest'
import { aQuota } from '#test/support/a-quota.ts'
import {
  changedQuotaFields,
  createQuotaInput,
  newQuota,
  quotaDraftOf,
  quotaProblems,
  quotaRule,
  updateQuotaInput,
} from '#web/pages/budgets/quota-draft.ts'

const blank = newQuota({ tenantId: 't1', timeZone: 'UTC' })

it.each<[object, string]>([
  [{}, '60 requests a minute'],
  [{ limit: 1 }, '1 request a minute'],
  [{ limit: 5_000_000, unit: 'TOKENS', window: 'DAY' }, '5,000,000 tokens a day'],
  [{ limit: 4, unit: 'CONCURRENT_REQUESTS', window: 'NONE' }, '4 requests at once'],
  [{ limit: 1, unit: 'CONCURRENT_REQUESTS', window: 'NONE' }, '1 request at once'],
])('says the rule of %o', (changes, rule) => {
  expect(quotaRule(aQuota(changes))).toBe(rule)
})

it.each(['', '-1', '1.5', 'many', '99999999999999999999'])('does not send %j', (limit) => {
  expect(quotaProblems({ ...blank, name: 'All', limit })).toHaveProperty('limit')
})

it('sends whole numbers beyond those that a float holds as text', () => {
  const limit = (typed: string) => createQuotaInput({ ...blank, name: 'All', limit: typed }).limit
  expect(limit('60')).toBe(60)
  expect(limit('1,000,000')).toBe(1_000_000)
  expect(limit('9007199254740993')).toBe('9007199254740993')
})

it('has no window for requests at once, and a zone only where a calendar is followed', () => {
  const once = { ...blank, name: 'All', limit: '4', unit: 'CONCURRENT_REQUESTS' } as const
  expect(createQuotaInput(once).window).toBe('NONE')
  expect(createQuotaInput(once)).not.toHaveProperty('timeZone')
  expect(createQuotaInput({ ...once, unit: 'TOKENS', window: 'MONTH' }).timeZone).toBe('UTC')
})

it('sends only what was changed', () => {
  const from = aQuota()
  const draft = { ...quotaDraftOf(from), limit: '90' }
  expect(changedQuotaFields(draft, quotaDraftOf(from))).toEqual(['limit'])
  expect(updateQuotaInput(draft, { from, expectedVersion: 7 })).toEqual({
    id: 'q1',
    expectedVersion: 7,
    limit: 90,
  })
})
