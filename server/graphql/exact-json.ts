/** ECMAScript's JSON.rawJSON, which TypeScript does not know yet: JSON text that JSON.stringify writes as it is. */
const { rawJSON } = JSON as typeof JSON & { rawJSON(text: string): object }

/** A whole number as it was written, with all its digits; it can be written to JSON again, and nothing else. */
export function exactInteger(digits: string): unknown {
  return Number.isSafeInteger(Number(digits)) ? Number(digits) : rawJSON(digits)
}

/** A reviver for JSON.parse: whole numbers that a float cannot hold keep their digits; see `exactInteger`. */
export function exactReviver(
  _key: string,
  value: unknown,
  context?: { readonly source?: string },
): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
  const source = context?.source
  return source !== undefined && /^-?\d+$/.test(source) ? rawJSON(source) : value
}

/**
 * Parses JSON; whole numbers keep their digits.
 *
 * @throws {SyntaxError}
 */
export function parseExactJson(text: string): unknown {
  // A reviver makes parsing several times slower, so it is used only where a number may be that long.
  return /[^"\d.]\d{16}/.test(text) ? JSON.parse(text, exactReviver) : JSON.parse(text)
}
