import type { JsonValue } from '#domain/chat.ts'

/**
 * The lower one of two limits on the output: a vendor's own word for it never lifts the one that a budget may have set.
 * What is no number above 0 (such as -1, Ollama's "without end") is no limit beside one.
 */
export function lowerLimit(
  own: JsonValue | undefined,
  limit: JsonValue | undefined,
): JsonValue | undefined {
  if (limit === undefined || limit === null) return own
  return typeof own === 'number' && own > 0 && own < Number(limit) ? own : limit
}
