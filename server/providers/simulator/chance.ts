import type { JsonObject } from '#domain/chat.ts'

/** A hash of 32 bits (FNV-1a), for seeds. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return hash >>> 0
}

/** Numbers from 0 up to 1 that follow from the seed alone (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The chance that a call runs under: at temperature 0, or with a seed, the same request has the same answer. */
export function chanceOf(
  body: JsonObject,
  { model, random }: { model: string; random: () => number },
): () => number {
  const { temperature, seed } = body
  const isFixed = temperature === 0 || (seed !== undefined && seed !== null)
  if (!isFixed) return seededRandom(Math.floor(random() * 2 ** 32))
  return seededRandom(
    hashOf(JSON.stringify([model, seed ?? null, body['messages'] ?? body['input'] ?? null])),
  )
}

/** One of the values, each as likely. */
export function oneOf<Value>(values: readonly [Value, ...Value[]], random: () => number): Value {
  return values[Math.floor(random() * values.length)] ?? values[0]
}

/** A whole number from `least` to `most`. */
export function between([least, most]: readonly [number, number], random: () => number): number {
  return least + Math.floor(random() * (most - least + 1))
}
