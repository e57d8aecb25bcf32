import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { dirname, join } from 'node:path'

/** The user under whom Postgres runs: it refuses root. */
export interface PostgresUser {
  readonly uid: number
  readonly gid: number
}

/** `nobody`, which every Linux has; no account needs to be made. */
const nobody: PostgresUser = { uid: 65_534, gid: 65_534 }

/** Where root's instances keep what `nobody` must reach. */
const commonFolder = '/var/lib/ai-orchestrator'

/** Undefined: this process is not root, and Postgres runs as it does. */
export function postgresUser(): PostgresUser | undefined {
  return process.getuid?.() === 0 ? nobody : undefined
}

/** Whether others than its owner may pass through a folder and all folders above it. */
export function isOpenToOthers(path: string): boolean {
  const parent = dirname(path)
  if (existsSync(path) && (statSync(path).mode & 0o001) === 0) return false
  return parent === path || isOpenToOthers(parent)
}

/**
 * A folder of the same purpose that `user` can reach: the wanted one, or, where that lies behind closed doors (root's
 * home), one below /var/lib that is named after it.
 */
export function reachableFolder(wanted: string, user: PostgresUser | undefined): string {
  if (!user || isOpenToOthers(wanted)) return wanted
  const name = createHash('sha256').update(wanted).digest('hex').slice(0, 16)
  const folder = join(commonFolder, name)
  mkdirSync(folder, { recursive: true, mode: 0o711 })
  return folder
}

/** Whether this process may write into a folder. */
export function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}
