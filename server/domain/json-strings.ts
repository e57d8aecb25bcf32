import { JsonStringScanner } from './json-string-scanner.ts'

const quote = 0x22
const comma = 0x2c
const bracket = 0x5b
const bracketEnd = 0x5d
const brace = 0x7b
const braceEnd = 0x7d

/**
 * Rewrites strings of a JSON text that are values, and leaves every other character as it is.
 *
 * @param text JSON that parses.
 * @param rewrite Is told each with the keys above it, from the root on (those of arrays are left out), and says what it
 *   is from now on.
 */
export function rewriteStrings(
  text: string,
  rewrite: (value: string, keys: readonly string[]) => string,
): string {
  const strings = new JsonStringScanner(text)
  /** Of each level that is open: its key so far; undefined in an array. */
  const keys: (string | undefined)[] = []
  const isObject: boolean[] = []
  let keyIsNext = false
  let out = ''
  let copied = 0
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit === quote) {
      const end = strings.end(at)
      if (end < 0) return text
      const value = strings.escaped
        ? String(JSON.parse(text.slice(at, end)))
        : text.slice(at + 1, end - 1)
      if (keyIsNext) {
        keys[keys.length - 1] = value
        keyIsNext = false
      } else {
        const rewritten = rewrite(
          value,
          keys.filter((key) => key !== undefined),
        )
        if (rewritten !== value) {
          out += text.slice(copied, at) + JSON.stringify(rewritten)
          copied = end
        }
      }
      at = end - 1
    } else if (unit === brace || unit === bracket) {
      isObject.push(unit === brace)
      keys.push(undefined)
      keyIsNext = unit === brace
    } else if (unit === braceEnd || unit === bracketEnd) {
      isObject.pop()
      keys.pop()
      keyIsNext = false
    } else if (unit === comma) {
      keyIsNext = isObject.at(-1) === true
    }
  }
  return out + text.slice(copied)
}

/** The elements of the array that `text` is, each as JSON text. @param text JSON that parses. */
export function elementsOf(text: string): readonly string[] {
  const strings = new JsonStringScanner(text)
  const elements: string[] = []
  let depth = 0
  let start = 0
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit === quote) {
      const end = strings.end(at)
      if (end < 0) return elements
      at = end - 1
    } else if (unit === brace || unit === bracket) {
      if (++depth === 1) start = at + 1
    } else if (unit === braceEnd || unit === bracketEnd || (unit === comma && depth === 1)) {
      if (unit !== comma) depth--
      if (unit !== comma && depth > 0) continue
      const element = text.slice(start, at).trim()
      if (element !== '') elements.push(element)
      start = at + 1
    }
  }
  return elements
}
