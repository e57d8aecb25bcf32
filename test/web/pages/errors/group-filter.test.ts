import { expect, it } from 'vitest'
import type { ErrorGroupRowFragment } from '#web/graphql/documents.ts'
import {
  choicesOf,
  groupFilterOf,
  selectGroups,
  summary,
  targetOf,
} from '#web/pages/errors/group-filter.ts'

const group = (over: Partial<ErrorGroupRowFragment> = {}): ErrorGroupRowFragment => ({
  fingerprint: 'f',
  provider: { name: 'openai' },
  model: 'gpt-test',
  code: 'PROVIDER_TIMEOUT',
  message: 'late',
  count: 3,
  rescued: 0,
  firstSeenAt: '2026-11-23T00:00:00Z',
  lastSeenAt: '2026-11-23T01:00:00Z',
  trend: [1, 2],
  sample: { id: 'r' },
  ...over,
})

const groups = [
  group({ fingerprint: 'seen' }),
  group({ fingerprint: 'partly', provider: { name: 'xai' }, rescued: 1 }),
  group({ fingerprint: 'rescued', rescued: 3 }),
  group({ fingerprint: 'refused', code: 'MODEL_NOT_FOUND', provider: null, model: null }),
]
const selected = (search: string) =>
  selectGroups(groups, groupFilterOf(new URLSearchParams(search))).map(
    ({ fingerprint }) => fingerprint,
  )

it.each([
  ['', ['seen', 'partly', 'rescued', 'refused']],
  ['error=MODEL_NOT_FOUND', ['refused']],
  ['provider=xai', ['partly']],
  ['outcome=rescued', ['partly', 'rescued']],
  ['outcome=unrescued', ['seen', 'partly', 'refused']],
  ['outcome=nonsense', ['seen', 'partly', 'rescued', 'refused']],
  ['provider=openai&outcome=rescued', ['rescued']],
])('leaves of all groups under “%s” %j', (search, left) => {
  expect(selected(search)).toEqual(left)
})

it('offers what there is, once each, and what is chosen though it is gone', () => {
  const filter = { code: 'INTERNAL', provider: null, outcome: null }
  expect(choicesOf(groups, filter)).toEqual({
    codes: ['INTERNAL', 'MODEL_NOT_FOUND', 'PROVIDER_TIMEOUT'],
    providers: ['openai', 'xai'],
  })
})

it.each([
  [[], ''],
  [[group({ count: 1 })], '1 failure of 1 kind, 0 rescued'],
  [
    [group({ count: '1234', rescued: '1000' }), group()],
    '1,237 failures of 2 kinds, 1,000 rescued',
  ],
])('sums up %#: %s', (some, words) => {
  expect(summary(some)).toBe(words)
})

it.each([
  [{}, 'openai:gpt-test'],
  [{ provider: null }, 'gpt-test'],
  [{ model: null }, 'openai'],
  [{ provider: null, model: null }, ''],
])('names the target of %j: %s', (over, name) => {
  expect(targetOf(group(over))).toBe(name)
})
