/** Whether a pattern means a model's name: it is the same, or all that stands before a final `*` begins the name. */
export function matchesModel(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern
}

/** Whether a name is among those allowed. @param patterns None allows all. */
export function allowsModel(patterns: readonly string[], name: string): boolean {
  return patterns.length === 0 || patterns.some((pattern) => matchesModel(pattern, name))
}

/** Whether all names that `inner` means are among those that `outer` means. */
export function covers(outer: readonly string[], inner: readonly string[]): boolean {
  if (outer.length === 0) return true
  return inner.length > 0 && inner.every((pattern) => coversPattern(outer, pattern))
}

function coversPattern(outer: readonly string[], inner: string): boolean {
  if (!inner.endsWith('*')) return allowsModel(outer, inner)
  return outer.some(
    (pattern) => pattern.endsWith('*') && inner.slice(0, -1).startsWith(pattern.slice(0, -1)),
  )
}
