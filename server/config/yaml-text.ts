import { isUtf8 } from 'node:buffer'
import { LineCounter } from 'yaml'
import { composeYaml, type Refuse } from './yaml-document.ts'
import { pathKey, plainValue } from './yaml-value.ts'

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

/** No configuration is larger, in bytes. */
export const maxFileBytes = 200_000
/** Of more than so many faults only the first are told. */
export const mostIssues = 20
/** What YAML allows in a text. */
const unprintable = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u

/**
 * Reads YAML with limits on size, depth and repetition, so that no file can hurt. Mappings may be merged by `<<`, as
 * v0.7.2's reader did; tags that nobody knows are refused, as it did too.
 *
 * @param source A text, or a file's bytes, which must be UTF-8.
 * @throws {ConfigFileError} Names line and column of what is wrong.
 */
export function parseYaml(source: string | Uint8Array): YamlText {
  const bytes = Buffer.from(source)
  const text = new TextDecoder().decode(bytes)
  const lines = new LineCounter()
  lines.addNewLine(0)
  for (const { index } of text.matchAll(/\n/g)) lines.addNewLine(index + 1)
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return { line, column: col }
  }
  const refuse: Refuse = (message, offset) => {
    throw new ConfigFileError([{ path: [], message: message.slice(0, 200), ...at(offset) }])
  }
  if (bytes.length > maxFileBytes) refuse(`is larger than ${maxFileBytes} bytes`, 0)
  if (!isUtf8(bytes)) refuse('is not UTF-8', damageOffset(bytes))
  const wrong = text.search(unprintable)
  if (wrong >= 0) refuse('has a character that YAML does not allow', wrong)
  const { document, faults } = composeYaml(text, refuse)
  if (faults.length > 0) {
    throw new ConfigFileError(
      faults
        .slice(0, mostIssues)
        .map(({ message, offset }) => ({ path: [], message, ...at(offset) })),
    )
  }
  const { value, offsets, duplicates } = plainValue(document.contents, refuse)
  return {
    value,
    duplicates: duplicates.map(({ path, offset }) => ({
      path,
      message: 'stands twice',
      ...at(offset),
    })),
    position(path) {
      const depth = path.findLastIndex((_, index) => offsets.has(pathKey(path.slice(0, index + 1))))
      return at(offsets.get(pathKey(path.slice(0, depth + 1))) ?? 0)
    },
  }
}

/** How many characters stand before the first byte that is not UTF-8. */
function damageOffset(bytes: Buffer): number {
  const mended = Buffer.from(bytes.toString())
  const damaged = bytes.findIndex((byte, index) => byte !== mended[index])
  return new TextDecoder().decode(bytes.subarray(0, damaged), { stream: true }).length
}
