import { expect, it } from 'vitest'
import { errorAdvice } from '#web/error-advice.ts'

it.each(Object.entries(errorAdvice))(
  'says what to do about %s, in one or two sentences',
  (_code, advice) => {
    expect(advice).toMatch(/^[A-Z].{20,180}\.$/)
  },
)
