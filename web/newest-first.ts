/** Two lists of requests as one, newest first; where both have a request, `later` is right. */
export function newestFirst<Row extends { readonly id: string; readonly createdAt: string }>(
  earlier: readonly Row[],
  later: readonly Row[],
): readonly Row[] {
  const byId = new Map([...earlier, ...later].map((row) => [row.id, row]))
  return [...byId.values()].toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1))
}
