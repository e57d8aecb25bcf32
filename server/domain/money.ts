/** An amount of money in ticks of 1e-10 USD, the finest unit that any provider bills in. Whole, exact. */
export type Ticks = bigint

const decimals = 10
const ticksPerUsd = 10n ** BigInt(decimals)

/**
 * Reads a decimal number of US dollars without passing through a float.
 *
 * @param text Plain or exponent notation: `0.05`, `1e-7`, `-3`. JSON numbers may be given as their source text.
 * @returns Ticks, rounded up (towards more money) where the text is finer than a tick.
 * @throws {RangeError} If the text is not a finite decimal number of at most 40 digits.
 */
export function parseUsd(text: string): Ticks {
  const match = /^\s*([+-]?)(\d{0,40})(?:\.(\d{0,40}))?(?:[eE]([+-]?\d{1,3}))?\s*$/.exec(text)
  const whole = match?.[2] ?? ''
  const fraction = match?.[3] ?? ''
  if (!match || whole + fraction === '') throw new RangeError(`not a decimal number: ${text}`)
  const scale = decimals - fraction.length + Number(match[4] ?? 0)
  const digits = BigInt(whole + fraction)
  const sign = match[1] === '-' ? -1n : 1n
  if (scale >= 0) return sign * digits * 10n ** BigInt(scale)
  return divideUp(sign * digits, 10n ** BigInt(-scale))
}

/** Writes ticks as a decimal string of US dollars without trailing zeros: `14662500n` is `0.00146625`. */
export function formatUsd(ticks: Ticks): string {
  const size = ticks < 0n ? -ticks : ticks
  const fraction = (size % ticksPerUsd).toString().padStart(decimals, '0').replace(/0+$/, '')
  const text = `${size / ticksPerUsd}${fraction && `.${fraction}`}`
  return ticks < 0n ? `-${text}` : text
}

/** Divides, rounding towards positive infinity. `divisor` is positive. */
export function divideUp(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor
  return dividend > 0n && dividend % divisor !== 0n ? quotient + 1n : quotient
}
