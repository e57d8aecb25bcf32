const backslash = 0x5c

/** Finds the ends of the strings in a JSON text, left to right, by `indexOf`: no unit is looked at twice. */
export class JsonStringScanner {
  readonly #text: string
  /** The next backslash at or after what was read; beyond the text when there is none. */
  #backslash: number
  /** Whether the last string has escapes. */
  escaped = false
  /** Where an escaped half of a surrogate pair stands; -1 when there was none. */
  fault = -1

  constructor(text: string) {
    this.#text = text
    this.#backslash = this.#next(0)
  }

  /** The offset behind the string that opens at `start`; -1 when it has no end, or a `fault`. */
  end(start: number): number {
    const text = this.#text
    let close = text.indexOf('"', start + 1)
    if (close < 0) return -1
    if (this.#backslash < start) this.#backslash = this.#next(start)
    this.escaped = this.#backslash < close
    while (this.#backslash < close) {
      const at = this.#backslash
      const width = this.#escapeWidth(at)
      if (width < 0) return -1
      this.#backslash = this.#next(at + width)
      if (close < at + width) {
        close = text.indexOf('"', at + width)
        if (close < 0) return -1
      }
    }
    return close + 1
  }

  #next(from: number): number {
    const at = this.#text.indexOf('\\', from)
    return at < 0 ? Infinity : at
  }

  #escapeWidth(at: number): number {
    const text = this.#text
    if (text.charCodeAt(at + 1) !== 0x75) return 2
    const half = surrogate(text, at)
    if (half === undefined) return 6
    if (
      half === 'high' &&
      text.charCodeAt(at + 6) === backslash &&
      surrogate(text, at + 6) === 'low'
    )
      return 12
    this.fault = at
    return -1
  }
}

/** Which half of a surrogate pair the escape at `at` is. */
function surrogate(text: string, at: number): 'high' | 'low' | undefined {
  if (text.charCodeAt(at + 1) !== 0x75 || (text.charCodeAt(at + 2) | 0x20) !== 0x64)
    return undefined
  const third = text.charCodeAt(at + 3) | 0x20
  if (third === 0x38 || third === 0x39 || third === 0x61 || third === 0x62) return 'high'
  return third >= 0x63 && third <= 0x66 ? 'low' : undefined
}
