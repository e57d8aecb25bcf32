import type { TextRange } from './json-text.ts'

/** The first card number: 13 to 19 digits, alone or in groups that a space or a dash parts, with Luhn's check digit. */
export function findCard(text: string, from: number): TextRange | undefined {
  firstDigits.lastIndex = from
  for (let first = firstDigits.exec(text); first; first = firstDigits.exec(text)) {
    const end = cardEnd(text, first.index)
    if (end !== undefined) return { start: first.index, end }
  }
  return undefined
}

/** No issuer's numbers begin with another digit. */
const firstDigits = /(?<!\d)[2-6]/g
const isDigit = (unit: number): boolean => unit >= 0x30 && unit <= 0x39

/** Behind the longest card number that begins at `start`. */
function cardEnd(text: string, start: number): number | undefined {
  const digits: number[] = []
  let found: number | undefined
  for (let at = start; digits.length < 19; at++) {
    const unit = text.charCodeAt(at)
    if (isDigit(unit)) {
      digits.push(unit - 0x30)
      const isOver = !isDigit(text.charCodeAt(at + 1))
      if (isOver && digits.length >= 13 && isLuhn(digits)) found = at + 1
    } else if ((unit !== 0x20 && unit !== 0x2d) || !isDigit(text.charCodeAt(at + 1))) {
      break
    }
  }
  return found
}

/** Whether the last digit is the check digit of the others (ISO/IEC 7812-1, annex B). */
function isLuhn(digits: readonly number[]): boolean {
  const sum = digits
    .toReversed()
    .reduce((total, digit, index) => total + (index % 2 === 0 ? digit : doubled(digit)), 0)
  return sum % 10 === 0
}

const doubled = (digit: number): number => (digit > 4 ? 2 * digit - 9 : 2 * digit)
