import { isAlias, isCollection, isMap, LineCounter, type Node, parseDocument, visit } from 'yaml'

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
    super(issues.map(({ line, column, path, message }) => `${line}:${column} ${path.join('.')} ${message}`).join('\n'))
    this.name = 'ConfigFileError'
    this.issues = issues
  }
}

/** A file that has been read, with the way back from values to lines. */
export interface YamlText {
  readonly value: unknown
  /** The place of the value at `path`, or of the nearest one above it that exists. */
  position(path: readonly string[]): { line: number; column: number }
}

const maxBytes = 1_000_000
const maxDepth = 32

/**
 * Reads YAML 1.2 with limits on size, depth and aliases, so that no file can hurt.
 *
 * @throws {ConfigFileError} Names line and column of what is wrong.
 */
export function parseYaml(text: string): YamlText {
  const lines = new LineCounter()
  const at = (offset: number | undefined) => {
    const { line, col } = lines.linePos(offset ?? 0)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  if (text.length > maxBytes) throw new ConfigFileError([{ path: [], message: `is larger than ${maxBytes} bytes`, line: 1, column: 1 }])
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false, intAsBigInt: false })
  const issues: FileIssue[] = document.errors.map(({ message, pos }) => ({ path: [], message, ...at(pos[0]) }))
  let aliases = 0
  visit(document, {
    Node(_key, node, ancestors) {
      const depth = ancestors.filter(isCollection).length
      if (depth > maxDepth || (isAlias(node) && ++aliases > 100)) {
        const message = depth > maxDepth ? `is nested deeper than ${maxDepth} levels` : 'has more than 100 aliases'
        issues.push({ path: [], message, ...at(node.range?.[0]) })
        return visit.BREAK
      }
      return undefined
    },
  })
  if (issues.length > 0) throw new ConfigFileError(issues)
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: 100 })
  } catch (cause) {
    throw new ConfigFileError([{ path: [], message: String(cause instanceof Error ? cause.message : cause), line: 1, column: 1 }])
  }
  return {
    value,
    position(path) {
      for (let length = path.length; length > 0; length--) {
        const range = keyOf(document.getIn(path.slice(0, length - 1), true) as Node | undefined, path[length - 1])
        if (range !== undefined) return at(range)
      }
      return { line: 1, column: 1 }
    },
  }
}

function keyOf(parent: Node | undefined, key: string | undefined): number | undefined {
  if (!isMap(parent)) return undefined
  const pair = parent.items.find((item) => String(item.key) === key)
  return (pair?.key as Node | null | undefined)?.range?.[0]
}
