import type { JsonObject } from '#domain/chat.ts'
import { objectOf } from './shape.ts'

/** ECMAScript's JSON source text access, which the type library does not know yet. */
const sourceJson = JSON as unknown as {
  parse(
    text: string,
    revive: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown
  rawJSON(text: string): unknown
}

/**
 * Parses an object so that `JSON.stringify` writes its numbers as they were: a number that a float cannot hold becomes
 * an opaque value. Slow; for what is read and written again.
 *
 * @returns Undefined where the text is no JSON object.
 */
export function losslessObject(text: string): JsonObject | undefined {
  try {
    return objectOf(
      sourceJson.parse(text, (_, value, { source }) =>
        typeof value === 'number' && source !== undefined && String(value) !== source
          ? sourceJson.rawJSON(source)
          : value,
      ),
    )
  } catch {
    return undefined
  }
}
