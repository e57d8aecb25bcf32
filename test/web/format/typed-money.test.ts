import { expect, it } from 'vitest'
import { typedMoney } from '#web/format/typed-money.ts'

it.each([
  ['250', '250'],
  [' $250.50 ', '250.50'],
  ['1,000,000.000001', '1000000.000001'],
  ['007', '7'],
  ['0.1', '0.1'],
  ['9007199254740993.000001', '9007199254740993.000001'],
])('takes %j as %s', (text, amount) => {
  expect(typedMoney(text)).toBe(amount)
})

it.each(['', '-1', '1e5', '12,5', '1,0000', '.5', '1.', '0.1234567', 'ten', '1 000'])(
  'takes %j for no amount',
  (text) => {
    expect(typedMoney(text)).toBeNull()
  },
)
