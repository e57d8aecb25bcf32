/** JSON that Postgres accepts as text and jsonb: without NUL and lone surrogates, however deep the metadata. */
export function rowJson(row: Readonly<Record<string, unknown>>): string {
  const text = stringify(row)
  // JSON.stringify writes both as escapes.
  return text.includes('\\u') && /\\u(?:0000|d[89a-f])/.test(text)
    ? JSON.stringify(clean(JSON.parse(text)))
    : text
}

function stringify(row: Readonly<Record<string, unknown>>): string {
  try {
    return JSON.stringify(row)
  } catch {
    return JSON.stringify({ ...row, metadata: undefined })
  }
}

function clean(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('\0', '\ufffd').toWellFormed()
  if (Array.isArray(value)) return value.map(clean)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [String(clean(key)), clean(inner)]),
  )
}
