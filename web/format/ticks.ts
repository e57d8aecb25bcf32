const digits = 10
const decimal = /^(-?)(\d+)(?:\.(\d+))?$/

/**
 * An amount of the schema's Decimal as whole ticks of 1e-10 dollars, so that amounts are compared and divided without
 * ever being floats.
 *
 * @throws {TypeError} For what is no decimal number.
 */
export function ticks(amount: string): bigint {
  const [, sign, dollars = '', fraction = ''] = decimal.exec(amount) ?? []
  if (sign === undefined) throw new TypeError(`no decimal number: ${amount}`)
  const whole = BigInt(dollars + fraction.padEnd(digits, '0').slice(0, digits))
  return sign === '-' ? -whole : whole
}

/** The share that one whole number is of another, for drawing: to a hundredth of a percent. Of nothing, all is used. */
export function share(part: bigint, whole: bigint): number {
  if (whole <= 0n) return 1
  return Number((part * 10_000n) / whole) / 10_000
}
