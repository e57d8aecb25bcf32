/** Collects the values of a statement: text carries only `$1`, `$2` and so on. */
export class SqlValues {
  readonly values: unknown[] = []

  /** The placeholder of a value. Characters that Postgres has none for (NUL, lone surrogates) are replaced. */
  add(value: unknown): string {
    this.values.push(Array.isArray(value) ? value.map(storable) : storable(value))
    return `$${this.values.length}`
  }
}

const storable = (value: unknown): unknown =>
  typeof value === 'string' ? value.replaceAll('\0', '\ufffd').toWellFormed() : value
