const hues = 8

/**
 * The colour of each name, as a custom property of the theme. Names keep their colour as long as the list does, so a
 * provider looks the same in every chart.
 */
export function seriesColours(names: readonly string[]): ReadonlyMap<string, string> {
  const sorted = names.toSorted()
  return new Map(sorted.map((name, index) => [name, `--series-${(index % hues) + 1}`]))
}
