/** Loads nodes that are in memory; null for those that are not there. */
export function nodesByName<Node, Context>(
  find: (name: string, context: Context) => Node | undefined,
) {
  return (names: string[], context: Context): (Node | null)[] =>
    names.map((name) => find(name, context) ?? null)
}
