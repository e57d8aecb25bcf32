import { unknown } from './unknown.ts'

const decimal = /^(-?)(\d+)(?:\.(\d+))?$/
const shownDigits = 6

const grouped = (digits: string) => digits.replaceAll(/\B(?=(\d{3})+$)/g, ',')

/**
 * An exact amount of US dollars, rounded to six decimals without ever becoming a float: `$0.001235`.
 *
 * @param amount As the schema's Decimal comes. Null is an unknown price, and shows as a dash.
 */
export function money(amount: string | null | undefined, digits = shownDigits): string {
  const [, sign = '', dollars = '0', fraction = ''] = decimal.exec(amount ?? '') ?? []
  if (amount === null || amount === undefined || !decimal.test(amount)) return unknown
  const kept = fraction.padEnd(digits, '0').slice(0, digits)
  const up = (fraction[digits] ?? '0') >= '5' ? 1n : 0n
  const rounded = (BigInt(dollars + kept) + up).toString().padStart(digits + 1, '0')
  const whole = grouped(rounded.slice(0, rounded.length - digits))
  const rest = digits === 0 ? '' : `.${rounded.slice(rounded.length - digits)}`
  const negative = sign && !/^0*$/.test(rounded) ? '−' : ''
  return `${negative}$${whole}${rest}`
}

/** An amount for narrow places: two decimals from ten dollars on (and for nothing), four from ten cents on, else six. */
export function shortMoney(amount: string | null | undefined): string {
  const size = Math.abs(Number(amount))
  return money(amount, size >= 10 || size === 0 ? 2 : size >= 0.1 ? 4 : shownDigits)
}

/** The amount to its last digit, for where one hovers. */
export function exactMoney(amount: string | null | undefined): string {
  if (amount === null || amount === undefined) return 'No price is known'
  const [whole = '0', fraction] = amount.split('.')
  return fraction === undefined ? `$${grouped(whole)}` : `$${grouped(whole)}.${fraction}`
}

/** An amount as an axis says it; for reading off a chart, not for adding up. */
export function axisMoney(value: number): string {
  if (value === 0) return '$0'
  return value >= 1 ? `$${Number(value.toPrecision(3))}` : `$${trimmedFraction(value)}`
}

const trimmedFraction = (value: number) => {
  const digits = Math.min(10, 1 - Math.floor(Math.log10(value)))
  return value.toFixed(digits).replace(/0+$/, '').replace(/\.$/, '')
}
