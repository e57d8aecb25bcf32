/** The candidate that is written most like `name`, for its length: what somebody probably meant. */
export function closestTo(name: string, candidates: readonly string[]): string | undefined {
  const distance = (candidate: string) =>
    editDistance(name, candidate) / Math.max(name.length, candidate.length, 1)
  return candidates.toSorted((a, b) => distance(a) - distance(b))[0]
}

/** Levenshtein's distance: how many letters to add, drop or change. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
