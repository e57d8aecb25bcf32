import fc from 'fast-check'
import { expect, it } from 'vitest'
import { budgetMessages, readBudgetMessage } from '#domain/budget-notice.ts'

const notice = fc.record({
  tenantId: fc.uuid(),
  allowanceId: fc.uuid(),
  crossed: fc.option(fc.double({ min: 0.01, max: 10, noNaN: true })),
})

it('messages hold all notices, and none is longer than Postgres takes', () => {
  fc.assert(
    fc.property(fc.array(notice, { maxLength: 200 }), (notices) => {
      const messages = budgetMessages(notices)
      expect(messages.flatMap(readBudgetMessage)).toEqual(notices)
      for (const message of messages) expect(message.length).toBeLessThan(7900)
    }),
  )
})

it.each(['', 'x', '{}', '[1]', '[[1,2,3]]', '["a"]'])('%j is no message', (payload) => {
  expect(readBudgetMessage(payload)).toEqual([])
})
