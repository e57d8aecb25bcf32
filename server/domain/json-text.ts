import { JsonStringScanner } from './json-string-scanner.ts'

/** What is wrong with a JSON text, and where. */
export class JsonTextError extends Error {
  /** Keys and indexes from the root to the fault. */
  readonly path: readonly string[]
  /** In UTF-16 units from the start. */
  readonly offset: number

  constructor(message: string, { path, offset }: { path: readonly string[]; offset: number }) {
    super(message)
    this.name = 'JsonTextError'
    this.path = path
    this.offset = offset
  }
}

/** Where a value stands in a text: `text.slice(start, end)`. */
export interface TextRange {
  readonly start: number
  readonly end: number
}

const quote = 0x22
const comma = 0x2c
const colon = 0x3a
const bracket = 0x5b
const bracketEnd = 0x5d
const brace = 0x7b
const braceEnd = 0x7d

/** An open object (its keys so far) or an open array (the index of its current element). */
type Level = string[] | Set<string> | number

/** From so many keys on a set is cheaper than a list. */
const manyKeys = 16

/**
 * Refuses what parsers disagree on or choke at: nesting deeper than `maxDepth`, a key twice in one object, an escaped
 * half of a surrogate pair. It does not look at the grammar otherwise: `JSON.parse` does that, before or after.
 *
 * @throws {JsonTextError}
 */
export function checkJsonText(text: string, { maxDepth = 128 }: { maxDepth?: number } = {}): void {
  const strings = new JsonStringScanner(text)
  const levels: Level[] = []
  let keyIsNext = false

  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit === quote) {
      const end = strings.end(at)
      if (end < 0) throw stringFault(strings.fault, { levels, at })
      if (keyIsNext) {
        const raw = text.slice(at + 1, end - 1)
        addKey(levels, strings.escaped ? unescaped(raw) : raw, at)
        keyIsNext = false
      }
      at = end - 1
    } else if (unit === brace || unit === bracket) {
      if (levels.length === maxDepth)
        throw fault(`is nested deeper than ${maxDepth} levels`, { levels, at })
      keyIsNext = unit === brace
      levels.push(keyIsNext ? [] : 0)
    } else if (unit === braceEnd || unit === bracketEnd) {
      levels.pop()
      keyIsNext = false
    } else if (unit === comma) {
      const level = levels[levels.length - 1]
      if (typeof level === 'number') levels[levels.length - 1] = level + 1
      else keyIsNext = level !== undefined
    }
  }
}

function addKey(levels: Level[], key: string, at: number): void {
  const keys = levels[levels.length - 1]
  if (keys instanceof Set) {
    if (keys.has(key)) throw twice(levels, key, at)
    keys.add(key)
  } else if (Array.isArray(keys)) {
    if (keys.includes(key)) throw twice(levels, key, at)
    if (keys.push(key) === manyKeys) levels[levels.length - 1] = new Set(keys)
  }
}

function twice(levels: readonly Level[], key: string, at: number): JsonTextError {
  const path = [...pathOf(levels.slice(0, -1)), shortened(key)]
  return new JsonTextError('stands twice in one object', { path, offset: at })
}

function stringFault(
  half: number,
  { levels, at }: { levels: readonly Level[]; at: number },
): JsonTextError {
  if (half < 0) return fault('is a string without an end', { levels, at })
  return fault('has half of a surrogate pair', { levels, at: half })
}

function fault(
  message: string,
  { levels, at }: { levels: readonly Level[]; at: number },
): JsonTextError {
  return new JsonTextError(message, { path: pathOf(levels), offset: at })
}

function pathOf(levels: readonly Level[]): string[] {
  return levels
    .map((level) => (typeof level === 'number' ? String(level) : [...level].at(-1)))
    .filter((step) => step !== undefined)
    .map(shortened)
}

function shortened(key: string): string {
  return key.length > 60 ? `${key.slice(0, 60)}…` : key
}

/**
 * Finds a member of the object that `text` is.
 *
 * @param text JSON that parses.
 * @returns Where its value stands; undefined when there is none, or no object.
 */
export function findMember(text: string, name: string): TextRange | undefined {
  const strings = new JsonStringScanner(text)
  let depth = 0
  let found = false
  let start = -1
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit <= 0x20 && start < 0) continue
    if (found && start < 0 && unit !== colon) start = at
    if (unit === quote) {
      const end = strings.end(at)
      if (end < 0) return undefined
      if (depth === 1 && !found && text.charCodeAt(nextSolid(text, end)) === colon) {
        const raw = text.slice(at + 1, end - 1)
        found = raw === name || (strings.escaped && unescaped(raw) === name)
      }
      at = end - 1
    } else if (unit === brace || unit === bracket) {
      if (depth === 0 && unit === bracket) return undefined
      depth++
    } else if ((unit === comma || unit === braceEnd) && depth === 1 && start >= 0) {
      return { start, end: lastSolid(text, at) }
    } else if (unit === braceEnd || unit === bracketEnd) {
      depth--
    }
  }
  return undefined
}

/**
 * Sets a member of the object that `text` is, and leaves every other character as it is.
 *
 * @param text JSON that parses, an object.
 * @param value The new value, as JSON text. A member that is not there is added as the last.
 */
export function replaceMember(text: string, name: string, value: string): string {
  const range = findMember(text, name)
  if (!range) return insertMember(text, name, value)
  return text.slice(0, range.start) + value + text.slice(range.end)
}

/** Adds a last member to the object that `text` is. Its name must not be there yet; see `replaceMember`. */
export function insertMember(text: string, name: string, value: string): string {
  const last = lastSolid(text, text.lastIndexOf('}'))
  const separator = text.charCodeAt(last - 1) === brace ? '' : ','
  return `${text.slice(0, last)}${separator}${JSON.stringify(name)}:${value}${text.slice(last)}`
}

function nextSolid(text: string, from: number): number {
  let at = from
  while (text.charCodeAt(at) <= 0x20) at++
  return at
}

function lastSolid(text: string, before: number): number {
  let at = before
  while (at > 0 && text.charCodeAt(at - 1) <= 0x20) at--
  return at
}

function unescaped(raw: string): string {
  try {
    return String(JSON.parse(`"${raw}"`))
  } catch {
    return raw
  }
}
