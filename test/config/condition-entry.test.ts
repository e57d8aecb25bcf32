import { expect, it } from 'vitest'
import { readStrictFile } from '#config/strict-file.ts'
import { parseYaml } from '#config/yaml-text.ts'
import { providerSettings } from '#test/support/provider-settings.ts'

const id = '019A0000-0000-7000-8000-00000000000A'
const read = (when: string) =>
  readStrictFile(
    parseYaml(`version: 1\nroutes: {s: {targets: ["ollama:m"], rules: [{when: ${when}}]}}`),
    providerSettings(),
  ).routes[0]?.rules[0]?.when

it.each([
  [`{tenant: [${id}]}`, { tenants: [id.toLowerCase()] }],
  [`{api_key: [${id}], tags: [a, B]}`, { apiKeys: [id.toLowerCase()], tags: ['a', 'B'] }],
  ['{priority: [low, critical]}', { priorities: ['LOW', 'CRITICAL'] }],
  ['{larger_than_bytes: 0, smaller_than_bytes: 2}', { largerThan: 0, smallerThan: 2 }],
  [
    '{time: {from: "22:00", to: "6:00", days: [fri, sun], zone: Europe/Berlin}}',
    { time: { from: 1320, to: 360, days: [5, 7], zone: 'Europe/Berlin' } },
  ],
  ['{time: {}}', { time: { from: 0, to: 1440, days: [1, 2, 3, 4, 5, 6, 7], zone: 'UTC' } }],
])('%s is a condition', (when, condition) => {
  expect(read(when)).toEqual(condition)
})

it.each([
  ['{}', '2:46 routes.s.rules.0.when says nothing'],
  ['{tgas: [x]}', '2:53 routes.s.rules.0.when.tgas is not known; did you mean tags?'],
  ['{tags: []}', 'when.tags Too small'],
  ['{tenant: [acme]}', '2:62 routes.s.rules.0.when.tenant.0 expected the id of a tenant'],
  ['{api_key: [sk-1]}', 'when.api_key.0 expected the id of an API key'],
  ['{priority: [urgent]}', 'when.priority.0 Invalid option: expected one of "low"|'],
  ['{larger_than_bytes: 5, smaller_than_bytes: 6}', 'when.smaller_than_bytes leaves no size'],
  ['{time: {from: "25:00"}}', '2:60 routes.s.rules.0.when.time.from expected a time such as 08:30'],
  ['{time: {days: [monday]}}', 'when.time.days.0 Invalid option'],
  ['{time: {zone: Mars}}', 'when.time.zone is no IANA time zone such as Europe/Berlin'],
])('%s is none', (when, message) => {
  expect(() => read(when)).toThrow(message)
})
