import type { TextRange } from './json-text.ts'

const octet = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const v4 = `${octet}(?:\\.${octet}){3}`
const addresses = new RegExp(
  `(?<![\\w.])(?:${v4}(?!\\w|\\.\\d)|[0-9A-Fa-f:]{1,30}:${v4}(?!\\w|\\.\\d)|[0-9A-Fa-f:]{2,39}(?![\\w:]))`,
  'g',
)
const plainV4 = new RegExp(`^${v4}$`)

/** The first IP address; of version 6 one with a digit, which no `a::b` of a programme is. */
export function findAddress(text: string, from: number): TextRange | undefined {
  addresses.lastIndex = from
  for (let found = addresses.exec(text); found; found = addresses.exec(text)) {
    const address = found[0].replace(/(?<!:):$/, '')
    const start = found.index
    if (plainV4.test(address) || isV6(address)) return { start, end: start + address.length }
    addresses.lastIndex = start + 1
  }
  return undefined
}

/** By RFC 4291, section 2.2: eight groups, of which one run of zeros may be left out, the last two perhaps as version 4. */
function isV6(address: string): boolean {
  if (!address.includes(':') || !/\d/.test(address)) return false
  const halves = address.split('::')
  if (halves.length > 2) return false
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')))
  const last = groups.at(-1) ?? ''
  const hasV4 = plainV4.test(last)
  const hex = hasV4 ? groups.slice(0, -1) : groups
  if (!hex.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group))) return false
  const count = hex.length + (hasV4 ? 2 : 0)
  return halves.length === 2 ? count < 8 : count === 8
}
