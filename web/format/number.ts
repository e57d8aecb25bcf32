import { unknown } from './unknown.ts'

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 })
const small = new Intl.NumberFormat('en', { maximumSignificantDigits: 2 })
const tenths = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })
const percents = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 })

type Maybe = number | string | null | undefined

/** A whole number with its thousands apart: `12,345`. Takes what the schema's BigInt comes as. */
export function count(value: Maybe): string {
  if (value === null || value === undefined) return unknown
  return whole.format(typeof value === 'string' ? BigInt(value) : value)
}

/** A number for narrow places: `12.3K`. */
export function shortCount(value: Maybe): string {
  if (value === null || value === undefined) return unknown
  const number = Number(value)
  return Math.abs(number) < 1000 ? count(Math.round(number)) : compact.format(number)
}

/** Something a second: `0.4`, `12.3`, `1.2K`. */
export function rate(value: number | null | undefined): string {
  if (value === null || value === undefined) return unknown
  if (value === 0) return '0'
  if (Math.abs(value) < 1) return small.format(value)
  return Math.abs(value) < 1000 ? tenths.format(value) : compact.format(value)
}

/** A share of one: `98.2%`. */
export function percent(share: number | null | undefined): string {
  return share === null || share === undefined ? unknown : percents.format(share)
}

/** A change against what was before: `+12%`, and from tenfold on `43×`. Unknown where there is nothing to compare with. */
export function change(now: number | null | undefined, before: number | null | undefined): string {
  if (now === null || now === undefined || !before) return unknown
  const share = (now - before) / before
  const text = percents.format(Math.abs(share))
  if (share === 0) return text
  if (share >= 9) return `${whole.format(share + 1)}×`
  return `${share > 0 ? '+' : '−'}${text}`
}
