import { readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join, posix, relative, sep } from 'node:path'
import { type Layer, layers, roots } from './layers.ts'

const top = join(import.meta.dirname, '../../..')

const manifest: { imports: Record<string, string> } = JSON.parse(
  readFileSync(join(top, 'package.json'), 'utf8'),
)

/** package.json#imports as [`#domain/`, `server/domain/`]. */
const aliases = Object.entries(manifest.imports).map(
  ([alias, target]) => [alias.replace('*', ''), posix.normalize(target.replace('*', ''))] as const,
)

/** An import as it is written. */
export interface Import {
  readonly from: string
  readonly specifier: string
  readonly typeOnly: boolean
}

/** A file's path inside the repository, with `/`. Known-bad fixtures count as what they mirror. */
export function repoPath(file: string): string {
  const path = relative(top, file).split(sep).join('/')
  return path.replace(/^test\/architecture\/fixtures\//, '')
}

/** What is wrong with an import. */
export interface Fault {
  /** What its author should read. */
  readonly message: string
  /** How to write it instead, where that is certain. */
  readonly specifier?: string
}

/** The row that a file belongs to, and which of its rooms where the row's home has a `*`. */
export function rowOf(path: string): { layer: Layer; room: string } | undefined {
  for (const layer of layers) {
    const [before = '', after] = layer.home.split('*')
    if (after === undefined) {
      if (layer.home.endsWith('/') ? path.startsWith(layer.home) : path === layer.home)
        return { layer, room: '' }
      continue
    }
    const room = path.startsWith(before) ? path.slice(before.length).split(after)[0] : undefined
    if (room !== undefined && path.startsWith(`${before}${room}${after}`)) return { layer, room }
  }
  return undefined
}

function targetOf({ from, specifier }: Import): { path: string } | { packageName: string } {
  const bare = specifier.replace(/\?.*$/, '')
  if (bare.startsWith('.')) return { path: posix.join(posix.dirname(from), bare) }
  const alias = aliases.find(([prefix]) => bare.startsWith(prefix))
  if (alias) return { path: posix.join(alias[1], bare.slice(alias[0].length)) }
  if (bare.startsWith('node:') || builtinModules.includes(bare)) return { packageName: 'node:' }
  return { packageName: bare.split('/', bare.startsWith('@') ? 2 : 1).join('/') }
}

/** `server/providers` for all that is in it, `server` for `server/app.ts`. */
const folderOf = (path: string) => path.split('/').slice(0, -1).slice(0, 2).join('/')

const isToolConfig = (path: string) => /(?:\.config|\/codegen)\.[cm]?[jt]s$/.test(path)

function sameRoom(a: string, b: string): boolean {
  const [one, other] = [rowOf(a), rowOf(b)]
  return one?.layer === other?.layer && one?.room === other?.room
}

/** A path as the imports of package.json name it: `#domain/money.ts`, not `#server/domain/money.ts`. */
function aliasOf(path: string): string | undefined {
  const fitting = aliases.filter(([, folder]) => path.startsWith(folder))
  const closest = fitting.toSorted(([, a], [, b]) => b.length - a.length)[0]
  return closest && `${closest[0]}${path.slice(closest[1].length)}`
}

/** Says what is wrong with an import; undefined where it is in order. */
export function verdict(written: Import): Fault | undefined {
  const message = refusal(written)
  if (message) return { message }
  const target = targetOf(written)
  if (!written.specifier.startsWith('.') || !('path' in target)) return undefined
  if (folderOf(written.from) === folderOf(target.path) || sameRoom(written.from, target.path))
    return undefined
  const specifier = aliasOf(target.path)
  if (!specifier) return undefined
  return {
    message: `\`${written.specifier}\` leaves its folder: write \`${specifier}\`, so that a file's first lines show its ring.`,
    specifier,
  }
}

function refusal(written: Import): string | undefined {
  const { from, specifier, typeOnly } = written
  if (isToolConfig(from)) return undefined
  const own = rowOf(from)
  if (!own)
    return `${from} stands in no layer: place it in one, or give its folder a row in test/architecture/house/layers.ts.`
  const { layer, room } = own
  const target = targetOf(written)
  if ('packageName' in target) {
    const name = target.packageName
    const isAllowed = layer.packages.some(
      (allowed) =>
        allowed === 'anything' ||
        allowed === name ||
        (allowed.endsWith('/') && name.startsWith(allowed)),
    )
    return isAllowed ? undefined : `${layer.home} may not import \`${specifier}\`. ${layer.instead}`
  }
  const other = rowOf(target.path)
  if (!other) {
    if (layer.imports.includes('anything')) return undefined
    return `\`${specifier}\` is in no layer of test/architecture/house/layers.ts.`
  }
  if (other.layer === layer && other.room === room) return undefined
  const keepers = roots[other.layer.name]
  if (keepers && !keepers.includes(layer.name)) {
    return `${other.layer.home} is where things begin: nobody may import \`${specifier}\`. ${layer.instead}`.trimEnd()
  }
  const isAllowed = layer.imports.some(
    (allowed) =>
      allowed === 'anything' ||
      allowed === other.layer.name ||
      allowed === target.path ||
      (typeOnly && allowed === `type ${target.path}`),
  )
  if (!isAllowed) {
    const asType = layer.imports.includes(`type ${target.path}`)
    return asType
      ? `${layer.home} may import \`${specifier}\` for its types only: write \`import type\`.`
      : `${layer.home} may not import \`${specifier}\`. ${layer.instead}`
  }
  return undefined
}
