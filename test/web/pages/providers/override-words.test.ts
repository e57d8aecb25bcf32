import { expect, it } from 'vitest'
import { overrides, overrideWords, reasonProblem } from '#web/pages/providers/override-words.ts'

it.each(overrides.map(({ value }) => value))('says of %s what it does to calls', (value) => {
  const words = overrideWords(value)
  expect(words.title('acme')).toMatch(/acme.*\?$/)
  expect(words.running).toMatch(/^Calls that run .*\.$/)
  expect(words.next('acme')).toMatch(/^New calls .*\.$/)
})

it('wants a reason from whoever disables, and a short one from all', () => {
  expect(reasonProblem('FORCE_DISABLED', '  ')).toMatch(/^Say why/)
  expect(reasonProblem('FORCE_DISABLED', 'too dear')).toBeNull()
  expect(reasonProblem('AUTO', '')).toBeNull()
  expect(reasonProblem('AUTO', 'x'.repeat(501))).toBe('At most 500 characters.')
  expect(reasonProblem('FORCE_ENABLED', 'x'.repeat(500))).toBeNull()
})
