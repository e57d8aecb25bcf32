/** The part of a compiled pattern that says how it goes on. */
export interface Programme {
  readonly start: number
  readonly inst: readonly {
    readonly op: number
    readonly out: number
    readonly arg: number
    readonly runes: ArrayLike<number>
  }[]
}

/** re2js names its instructions by these numbers; those from `rune` on take a character. */
const alternative = 1
const alternativeMatch = 2
const fail = 5
const match = 6
const rune = 8
const runeOne = 9

interface Lengths {
  readonly least: number
  /** Infinity: no bound. */
  readonly most: number
}

/** How long the matches of a pattern can be, in UTF-16 units: its shortest and longest way through its programme. */
export function matchLengths({ inst, start }: Programme): Lengths {
  const known = new Map<number, Lengths>()
  const open = new Set<number>()
  const lengths = (at: number): Lengths => {
    const found = known.get(at)
    if (found) return found
    // A way that comes back to itself can be taken any number of times.
    if (open.has(at)) return { least: Infinity, most: Infinity }
    open.add(at)
    const made = through(at)
    open.delete(at)
    known.set(at, made)
    return made
  }
  const through = (at: number): Lengths => {
    const { arg, op, out, runes } = inst[at]!
    if (op === fail) return { least: Infinity, most: -Infinity }
    if (op === match) return { least: 0, most: 0 }
    const next = lengths(out)
    if (op === alternative || op === alternativeMatch) {
      const other = lengths(arg)
      return {
        least: Math.min(next.least, other.least),
        most: Math.max(next.most, other.most),
      }
    }
    if (op < rune) return next
    return { least: next.least + 1, most: next.most + widest({ op, runes }) }
  }
  return lengths(start)
}

/** Units of the widest character that an instruction takes. */
function widest({ op, runes }: { op: number; runes: ArrayLike<number> }): number {
  const isListed = op === rune || op === runeOne
  return isListed && Array.from(runes).every((each) => each <= 0xffff) ? 1 : 2
}
