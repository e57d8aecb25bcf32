import { expect, it } from 'vitest'
import { matches, scopeFilterOf } from '#web/pages/budgets/scope-filter.ts'

const filter = (search: string) => scopeFilterOf(new URLSearchParams(search))
const row = {
  name: 'Search team',
  scope: { kind: 'MODEL', value: 'openai:gpt-5', label: 'openai:gpt-5' },
} as const

it('reads the address', () => {
  expect(filter('')).toEqual({ scope: null, kind: null, text: '' })
  expect(filter('scope=MODEL:openai:gpt-5&kind=API_KEY&q=team')).toEqual({
    scope: { kind: 'MODEL', value: 'openai:gpt-5' },
    kind: 'API_KEY',
    text: 'team',
  })
})

it.each(['scope=x', 'scope=MODEL:', 'scope=NOTHING:1', 'kind=NOTHING'])(
  'takes %s for no filter',
  (search) => {
    expect(filter(search)).toEqual({ scope: null, kind: null, text: '' })
  },
)

it.each([
  ['', true],
  ['q=TEAM', true],
  ['q=gpt', true],
  ['q=other', false],
  ['kind=MODEL', true],
  ['kind=TENANT', false],
  ['kind=MODEL&q=other', false],
])('shows a row under %j: %s', (search, shown) => {
  expect(matches(row, filter(search))).toBe(shown)
})
