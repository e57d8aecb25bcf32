/** Text that stands in JSON as it is. */
const plain = /^[ !#-[\]-~]*$/
const longestText = 2000

/** As much of a text as is kept; undefined for none. */
export const cut = (text: string | null | undefined): string | undefined =>
  text === null || text === undefined || text.length <= longestText
    ? (text ?? undefined)
    : text.slice(0, longestText)

/** JSON that Postgres accepts as text and jsonb: without NUL and lone surrogates. */
export function textJson(text: string): string {
  if (plain.test(text)) return `"${text}"`
  return JSON.stringify(text.replaceAll('\0', '\ufffd').toWellFormed())
}

/** The same of a value such as metadata, however deep; undefined where it is too deep to be written. */
export function valueJson(value: unknown): string | undefined {
  try {
    const text = JSON.stringify(value)
    // JSON.stringify writes both as escapes.
    return text.includes('\\u') && /\\u(?:0000|d[89a-f])/.test(text)
      ? JSON.stringify(clean(JSON.parse(text)))
      : text
  } catch {
    return undefined
  }
}

/** `,"name":value`; nothing for null and undefined. Bigints are strings: exact at any size, and Postgres casts them. */
export function member(
  name: string,
  value: string | number | bigint | boolean | null | undefined,
): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'string') return `,"${name}":${textJson(value)}`
  return typeof value === 'bigint' ? `,"${name}":"${value}"` : `,"${name}":${value}`
}

function clean(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('\0', '\ufffd').toWellFormed()
  if (Array.isArray(value)) return value.map(clean)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [String(clean(key)), clean(inner)]),
  )
}
