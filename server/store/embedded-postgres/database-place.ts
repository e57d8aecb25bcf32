import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The user under whom Postgres runs: it refuses root. */
export interface PostgresUser {
  readonly uid: number
  readonly gid: number
}

export interface DatabasePlace {
  /** The folder that has, or will have, the database in `postgres`. */
  readonly home: string
  /** Undefined: Postgres runs as this process does. */
  readonly user: PostgresUser | undefined
}

/** `nobody`, which every Linux has; no account needs to be made. */
const nobody: PostgresUser = { uid: 65_534, gid: 65_534 }

/** Where root's instances keep what their database's user must reach. */
export const commonFolder = '/var/lib/ai-orchestrator'

export const isRoot = () => process.getuid?.() === 0

/**
 * Says where a data folder's database is and who runs it. That is the folder itself, except where root keeps its data
 * behind closed doors (its home), through which Postgres' user cannot go: then it is a folder of its own below
 * /var/lib, whose name is noted in the data folder.
 *
 * @throws {Error} When there is a database that its user cannot reach.
 */
export function databasePlace(folder: string): DatabasePlace {
  const home = notedPlace(folder) ?? folder
  const data = join(home, 'postgres')
  if (!isRoot()) return { home, user: undefined }
  if (existsSync(data)) {
    const user = ownerOf(data) ?? nobody
    if (isReachable(home, user)) return { home, user }
    throw new Error(
      `The database in ${data} belongs to user ${user.uid}, who cannot reach it; let others pass through the folders above it (chmod o+x).`,
    )
  }
  if (isReachable(folder, nobody)) return { home: folder, user: nobody }
  return { home: newPlace(folder), user: nobody }
}

function ownerOf(path: string): PostgresUser | undefined {
  const { uid, gid } = statSync(path)
  return uid === 0 ? undefined : { uid, gid }
}

const noteIn = (folder: string) => join(folder, 'postgres-location')

function notedPlace(folder: string): string | undefined {
  if (!existsSync(noteIn(folder))) return undefined
  const place = readFileSync(noteIn(folder), 'utf8').trim()
  return existsSync(place) ? place : undefined
}

function newPlace(folder: string): string {
  const place = join(commonFolder, randomBytes(8).toString('hex'))
  makeOpenFolder(commonFolder)
  makeOpenFolder(place)
  writeFileSync(noteIn(folder), `${place}\n`, { flush: true })
  return place
}

/** Others may pass through it and not list it, whatever the process' umask. */
function makeOpenFolder(path: string): void {
  mkdirSync(path, { recursive: true })
  chmodSync(path, 0o711)
}

/** Whether a user may pass through a folder and all folders above it. */
export function isReachable(folder: string, user: PostgresUser): boolean {
  const parent = dirname(folder)
  return mayUse(folder, user) && (parent === folder || isReachable(parent, user))
}

/** Whether a user may pass through a folder, or run a program. */
export function mayUse(path: string, { uid, gid }: PostgresUser): boolean {
  const { mode, uid: owner, gid: group } = statSync(path)
  if (owner === uid) return (mode & 0o100) !== 0
  return (mode & (group === gid ? 0o010 : 0o001)) !== 0
}
