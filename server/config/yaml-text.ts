import {
  isAlias,
  isCollection,
  isMap,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml'

/** One thing that is wrong in a file. Lines and columns count from 1. */
export interface FileIssue {
  readonly path: readonly string[]
  readonly message: string
  readonly line: number
  readonly column: number
}

/** A file that cannot be used. The configuration in force stays as it is. */
export class ConfigFileError extends Error {
  readonly issues: readonly FileIssue[]

  constructor(issues: readonly FileIssue[]) {
    super(
      issues
        .map(
          ({ line, column, path, message }) =>
            `${line}:${column} ${[path.join('.'), message].filter(Boolean).join(' ')}`,
        )
        .join('\n'),
    )
    this.name = 'ConfigFileError'
    this.issues = issues
  }
}

/** A file that has been read, with the way back from values to lines. */
export interface YamlText {
  readonly value: unknown
  /** Keys that stand twice in one mapping: the last one counts. */
  readonly duplicates: readonly FileIssue[]
  /** The place of the key at `path`, or of the nearest one above it that exists. */
  position(path: readonly string[]): { line: number; column: number }
}

const maxBytes = 200_000
const maxDepth = 32
const maxAliases = 100
/** Each anchor costs a search through those before it. */
const maxAnchors = 1000
const mostIssues = 20
/** So many open brackets are no configuration: refused before the parser climbs them. */
const mostBrackets = 500

/**
 * Reads YAML with limits on size, depth, anchors and aliases, so that no file can hurt. Mappings may be merged by `<<`,
 * as v0.7.2's reader did; tags that nobody knows are refused, as it did too.
 *
 * @throws {ConfigFileError} Names line and column of what is wrong.
 */
export function parseYaml(text: string): YamlText {
  const lines = new LineCounter()
  const at = (offset: number | undefined) => {
    const { line, col } = lines.linePos(offset ?? 0)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  if (text.length > maxBytes) throw refused(`is larger than ${maxBytes} bytes`)
  if (text.split('&').length > maxAnchors) throw refused(`has more than ${maxAnchors} anchors`)
  const tooDeep = offsetOfDepth(text, mostBrackets)
  if (tooDeep !== undefined) throw new ConfigFileError([tooDeep])
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: false,
    merge: true,
    prettyErrors: false,
  })
  const issues: FileIssue[] = [...document.errors, ...document.warnings].map(
    ({ message, pos }) => ({
      path: [],
      message,
      ...at(pos[0]),
    }),
  )
  const duplicates: FileIssue[] = []
  let aliases = 0
  visit(document, {
    Node(_key, node, ancestors) {
      const depth = ancestors.filter(isCollection).length
      if (depth > maxDepth || (isAlias(node) && ++aliases > maxAliases)) {
        const message =
          depth > maxDepth
            ? `is nested deeper than ${maxDepth} levels`
            : `has more than ${maxAliases} aliases`
        issues.unshift({ path: [], message, ...at(node.range?.[0]) })
        return visit.BREAK
      }
      if (isAlias(node) && !node.resolve(document)) {
        issues.push({
          path: [],
          message: `names an anchor that there is not: *${node.source}`,
          ...at(node.range?.[0]),
        })
      }
      if (isMap(node))
        duplicates.push(
          ...keysTwice(node.items).map(({ name, offset }) => ({
            path: [name],
            message: 'stands twice',
            ...at(offset),
          })),
        )
      return undefined
    },
  })
  if (issues.length > 0) throw new ConfigFileError(issues.slice(0, mostIssues))
  return {
    value: valueOf(document),
    duplicates,
    position(path) {
      for (let length = path.length; length > 0; length--) {
        const parent = document.getIn(path.slice(0, length - 1), true)
        const offset = keyOffset(parent, path[length - 1])
        if (offset !== undefined) return at(offset)
      }
      return { line: 1, column: 1 }
    },
  }
}

function refused(message: string): ConfigFileError {
  return new ConfigFileError([{ path: [], message, line: 1, column: 1 }])
}

/** Where brackets, whatever they stand in, are open to that depth. */
function offsetOfDepth(text: string, most: number): FileIssue | undefined {
  let depth = 0
  for (const { 0: bracket, index } of text.matchAll(/[[\]{}]/g)) {
    depth = bracket === '[' || bracket === '{' ? depth + 1 : Math.max(0, depth - 1)
    if (depth <= most) continue
    const before = text.slice(0, index).split('\n')
    const message = `is nested deeper than ${maxDepth} levels`
    return { path: [], message, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
  }
  return undefined
}

function valueOf(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS({ maxAliasCount: maxAliases })
  } catch (cause) {
    throw refused(cause instanceof Error ? cause.message : 'cannot be read')
  }
}

type Pairs = readonly { readonly key: unknown }[]

function keysTwice(pairs: Pairs): { name: string; offset: number | undefined }[] {
  const seen = new Set<string>()
  return pairs.flatMap(({ key }) => {
    if (!isScalar(key) || key.value === '<<') return []
    const name = String(key.value)
    if (seen.has(name)) return [{ name, offset: key.range?.[0] }]
    seen.add(name)
    return []
  })
}

function keyOffset(parent: unknown, key: string | undefined): number | undefined {
  if (!isMap(parent)) return undefined
  const pair = parent.items.findLast((item) => String(item.key) === key)
  return (pair?.key as Node | null | undefined)?.range?.[0]
}
