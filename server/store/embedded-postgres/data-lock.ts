import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { isRoot } from './database-place.ts'

/** SQLite's word for: somebody else has it. */
const busy = 5

/**
 * Makes this process the only one on a data folder, and the folder itself if it is not there. What holds the lock is
 * SQLite's lock on an empty file, which the kernel takes away when the process dies, however it dies.
 *
 * @returns Gives the folder free.
 * @throws {Error} Names the process that has it.
 */
export function lockDataFolder(folder: string): () => void {
  makeFolder(folder)
  const pidFile = join(folder, 'server.pid')
  const lock = tryLock(folder)
  if (lock === undefined) throw taken(folder, pidFile)
  writeFileSync(pidFile, `${process.pid}\n`)
  return () => {
    rmSync(pidFile, { force: true })
    lock.close()
  }
}

/** Root's folder must let Postgres' own user through. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  try {
    mkdirSync(dirname(folder), { recursive: true })
    mkdirSync(folder, { mode: 0o700 })
    if (isRoot()) chmodSync(folder, 0o711)
  } catch (cause) {
    // Another instance may have made it in between; the lock decides who has it.
    if (!existsSync(folder)) throw new Error(`The data folder ${folder} cannot be made.`, { cause })
  }
}

/** @returns undefined when somebody else has it. */
function tryLock(folder: string): DatabaseSync | undefined {
  let lock: DatabaseSync | undefined
  try {
    lock = new DatabaseSync(join(folder, 'lock'), { timeout: 0 })
    lock.exec('pragma locking_mode = exclusive; begin exclusive')
    return lock
  } catch (cause) {
    lock?.close()
    if ((cause as { errcode?: number }).errcode === busy) return undefined
    throw new Error(`This user may not write into the data folder ${folder}.`, { cause })
  }
}

function taken(folder: string, pidFile: string): Error {
  const owner = existsSync(pidFile) ? ` (process ${readFileSync(pidFile, 'utf8').trim()})` : ''
  return new Error(
    `The data folder ${folder} is in use by another instance${owner}; stop it, or set ORCHESTRATOR_DATA_DIR to another folder.`,
  )
}
