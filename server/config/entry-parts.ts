/** What whoever still points an entry at Sonar is told. */
export const retiredSonar =
  'names an endpoint that Perplexity retired on 27 September 2026 (Sonar chat completions); its Agent API is there without a file, and as type: perplexity under version: 1'

/** What can stand in a header's name, and in its value. */
export const headerName = /^[\w!#$%&'*+.^`|~-]+$/
export const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/

/**
 * Reads v0.7.2's `default_headers`. Numbers and booleans are written as they stand; what HTTP cannot carry is left out
 * with a warning, and what is no mapping altogether.
 */
export function headersOf(
  value: unknown,
  warn: (message: string) => void,
): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {}
  if (typeof value !== 'object' || Array.isArray(value)) {
    warn('is ignored: it is not a mapping')
    return {}
  }
  const headers: Record<string, string> = {}
  for (const [name, given] of Object.entries(value)) {
    const isText =
      typeof given === 'string' || typeof given === 'number' || typeof given === 'boolean'
    if (isText && headerName.test(name) && headerValue.test(String(given)))
      headers[name] = String(given)
    else warn(`leaves out ${JSON.stringify(name)}: its name or value cannot be sent`)
  }
  return headers
}
