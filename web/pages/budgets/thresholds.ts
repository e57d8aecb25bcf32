const percent = /^\d{1,4}(?:\.\d{1,2})?$/

/**
 * Thresholds as somebody typed them in percent (`50, 80, 100`), as shares of the limit. None is none.
 *
 * @returns Null where they are not ascending percentages above 0.
 */
export function typedThresholds(text: string): readonly number[] | null {
  const parts = text.split(/[,;\s]+/).map((part) => part.replace(/%$/, ''))
  const given = parts.filter((part) => part !== '')
  if (!given.every((part) => percent.test(part))) return null
  // By way of text: 0.07 is not 7 / 100 in every digit.
  const shares = given.map((part) => Number((Number(part) / 100).toFixed(4)))
  const ascends = shares.every((share, index) => share > (shares[index - 1] ?? 0))
  return ascends ? shares : null
}

/** Shares of the limit as one types them. */
export function thresholdText(shares: readonly number[]): string {
  return shares.map((share) => Number((share * 100).toFixed(2))).join(', ')
}
