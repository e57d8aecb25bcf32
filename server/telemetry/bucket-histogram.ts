export interface HistogramOptions {
  readonly name: string
  readonly help: string
  /** Upper bounds, ascending. */
  readonly buckets: readonly number[]
}

/** One distribution of a histogram: those of one set of labels. */
export interface Distribution {
  observe(value: number): void
}

/** A histogram whose labels are looked up once and not for every value, as prom-client's own has it. */
export class BucketHistogram {
  readonly #options: HistogramOptions
  readonly #all: { readonly labels: string; readonly counts: number[]; sum: number }[] = []

  constructor(options: HistogramOptions) {
    this.#options = options
  }

  /** @param labels As `labelText` makes them; empty for none. Once for each set. */
  labelled(labels: string): Distribution {
    const { buckets } = this.#options
    const counts = [...buckets, Infinity].map(() => 0)
    const own = { labels, counts, sum: 0 }
    this.#all.push(own)
    return {
      observe(value) {
        let index = 0
        while (index < buckets.length && value > buckets[index]!) index++
        counts[index]!++
        own.sum += value
      },
    }
  }

  /** In the text format of Prometheus. */
  text(): string {
    const { buckets, help, name } = this.#options
    const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`]
    for (const { labels, counts, sum } of this.#all) {
      const before = labels === '' ? '' : `,${labels}`
      const braces = labels === '' ? '' : `{${labels}}`
      let total = 0
      for (const [index, count] of counts.entries()) {
        total += count
        lines.push(`${name}_bucket{le="${buckets[index] ?? '+Inf'}"${before}} ${total}`)
      }
      lines.push(`${name}_sum${braces} ${sum}`, `${name}_count${braces} ${total}`)
    }
    return `${lines.join('\n')}\n`
  }
}

/** Labels as they stand between braces. */
export function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replace(/[\\"\n]/g, escaped)}"`)
    .join(',')
}

const escaped = (character: string): string => (character === '\n' ? '\\n' : `\\${character}`)
