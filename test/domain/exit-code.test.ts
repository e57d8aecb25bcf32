import { expect, it } from 'vitest'
import { type ErrorCode, errorRules, isErrorCode } from '#domain/errors.ts'
import { exitCodeOf } from '#domain/exit-code.ts'

const codes = Object.keys(errorRules) as ErrorCode[]

it('is 1 for whatever may succeed later', () => {
  const hopeful = codes.filter((code) => errorRules[code].retryable)
  expect(hopeful.map(exitCodeOf)).toEqual(hopeful.map(() => 1))
})

it('is 2 for what the caller must change, and for nothing of the server or a provider’s', () => {
  const wrong = codes.filter((code) => exitCodeOf(code) === 2)
  expect(wrong.map((code) => errorRules[code].status).filter((status) => status >= 500)).toEqual([])
  expect(wrong).toContain('INVALID_REQUEST')
  expect(wrong).toContain('FORBIDDEN')
})

it.each([
  ['OVERLOADED', true],
  ['overloaded', false],
  ['toString', false],
  [undefined, false],
])('knows whether %s is a code: %s', (word, is) => {
  expect(isErrorCode(word)).toBe(is)
})
