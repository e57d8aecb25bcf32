/** ECMAScript's JSON.rawJSON, which TypeScript does not know yet: JSON text that JSON.stringify writes as it is. */
const { rawJSON } = JSON as typeof JSON & { rawJSON(text: string): object }

/** A whole number as it was written, with all its digits; it can be written to JSON again, and nothing else. */
export function exactInteger(digits: string): unknown {
  return Number.isSafeInteger(Number(digits)) ? Number(digits) : rawJSON(digits)
}

/**
 * Parses JSON. Whole numbers that a float cannot hold keep their digits; see `exactInteger`.
 *
 * @throws {SyntaxError}
 */
export function parseExactJson(text: string): unknown {
  // A reviver makes parsing several times slower, so it is used only where a number may be that long.
  if (!/[^"\d.]\d{16}/.test(text)) return JSON.parse(text)
  return JSON.parse(text, (_key, value: unknown, context?: { readonly source?: string }) => {
    const source = context?.source
    const inexact = typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined
    return inexact && /^-?\d+$/.test(source) ? rawJSON(source) : value
  })
}
