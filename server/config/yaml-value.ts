import { isAlias, isMap, isScalar, isSeq, type Node, Scalar, type YAMLMap } from 'yaml'
import type { Refuse } from './yaml-document.ts'

/** What a document holds, as plain objects, with the way back to the text. */
export interface YamlValue {
  readonly value: unknown
  /** Where the keys and items stand in the text, by path; see `pathKey`. */
  readonly offsets: ReadonlyMap<string, number>
  readonly duplicates: readonly { readonly path: readonly string[]; readonly offset: number }[]
}

interface Place {
  readonly path: readonly string[]
  /** Where to point when the node itself has no place. */
  readonly offset: number
}

const maxDepth = 32
const maxNodes = 10_000
const maxKeyLength = 200
const plainTags = new Set([
  '!',
  ...['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map(
    (name) => `tag:yaml.org,2002:${name}`,
  ),
])

/** One text for one path. */
export const pathKey = (path: readonly string[]) => path.join('\0')

/**
 * Reads a document's values. What an alias names counts each time, so a small text cannot stand for a large value.
 * Mappings are merged by `<<`: their own keys win. Of a key that stands twice the last counts. A number that would not
 * be written back the same (1.10, 2^53 and more) stays text, so that no digit is lost.
 */
export function plainValue(root: Node | null, refuse: Refuse): YamlValue {
  const offsets = new Map<string, number>()
  const duplicates: { path: readonly string[]; offset: number }[] = []
  const anchors = new Map<string, { value: unknown; size: number }>()
  let size = 0

  const grow = (by: number, offset: number) => {
    size += by
    if (size > maxNodes)
      refuse(`holds more than ${maxNodes} values, counting what aliases repeat`, offset)
  }

  const read = (node: unknown, { path, offset: above }: Place): unknown => {
    const offset = (node as Node | null)?.range?.[0] ?? above
    if (path.length > maxDepth) refuse(`is nested deeper than ${maxDepth} levels`, offset)
    if (isAlias(node)) {
      const named = anchors.get(node.source)
      if (!named)
        return refuse(`names an anchor that there is not before it: *${node.source}`, offset)
      grow(named.size, offset)
      return named.value
    }
    const before = size
    grow(1, offset)
    const value = readContent(node, { path, offset })
    const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined
    if (anchor !== undefined) anchors.set(anchor, { value, size: size - before })
    return value
  }

  const readContent = (node: unknown, { path, offset }: Place): unknown => {
    if (node === null || node === undefined) return null
    const tag = (node as Node).tag
    if (tag !== undefined && !plainTags.has(tag))
      refuse(`has a tag that is not known: ${tag}`, offset)
    if (isMap(node)) return readMap(node, { path, offset })
    if (isSeq(node))
      return node.items.map((item, index) => readAt(item, { path: [...path, `${index}`], offset }))
    return isScalar(node) ? scalarValue(node) : refuse('cannot be read', offset)
  }

  const readAt = (node: unknown, place: Place): unknown => {
    offsets.set(pathKey(place.path), (node as Node | null)?.range?.[0] ?? place.offset)
    return read(node, place)
  }

  const readMap = (map: YAMLMap, { path, offset: above }: Place): Record<string, unknown> => {
    const merged: Record<string, unknown> = {}
    const own: Record<string, unknown> = {}
    for (const { key, value } of map.items) {
      const offset = (key as Node | null)?.range?.[0] ?? above
      if (isMerge(key)) {
        Object.assign(
          merged,
          mergedMappings(read(value, { path: [...path, '<<'], offset }), { offset, refuse }),
        )
        continue
      }
      const name = keyName(key, { offset, refuse })
      const at = [...path, name]
      if (Object.hasOwn(own, name)) duplicates.push({ path: at, offset })
      offsets.set(pathKey(at), offset)
      own[name] = read(value, { path: at, offset })
    }
    return { ...merged, ...own }
  }

  return { value: read(root, { path: [], offset: 0 }), offsets, duplicates }
}

function isMerge(key: unknown): boolean {
  return isScalar(key) && key.value === '<<' && key.type === Scalar.PLAIN
}

interface KeyContext {
  readonly offset: number
  readonly refuse: Refuse
}

/** Of several mappings the first one's keys win. */
function mergedMappings(value: unknown, { offset, refuse }: KeyContext): object {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value]
  return all.reduceRight<object>((merged, each) => {
    if (typeof each !== 'object' || each === null || Array.isArray(each)) {
      return refuse('can merge mappings only', offset)
    }
    return { ...merged, ...each }
  }, {})
}

function keyName(key: unknown, { offset, refuse }: KeyContext): string {
  if (key !== null && !isScalar(key)) return refuse('has a key that is not a plain text', offset)
  const value = key === null ? '' : (scalarValue(key) ?? '')
  const name = typeof value === 'string' ? value : JSON.stringify(value)
  if (name.length > maxKeyLength)
    refuse(`has a key of more than ${maxKeyLength} characters`, offset)
  if (name === '__proto__') refuse('has a key that nothing can be called: __proto__', offset)
  return name
}

function scalarValue({ value, source = '' }: Scalar): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  return typeof value === 'number' && String(value) === source ? value : source
}
