import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { databasePlace } from './database-place.ts'
import { readPostmaster } from './left-over.ts'

/**
 * Finds the Postgres that a running server keeps in its data folder, for commands beside it.
 *
 * @returns Its URL; undefined when none runs there.
 */
export function runningDatabase(dataFolder: string): string | undefined {
  if (!existsSync(dataFolder)) return undefined
  const folder = realpathSync(dataFolder)
  const passwordFile = join(folder, 'postgres-password')
  const postmaster = readPostmaster(join(databasePlace(folder).home, 'postgres'))
  if (!postmaster?.ready || !existsSync(passwordFile)) return undefined
  const password = readFileSync(passwordFile, 'utf8').trim()
  return `postgresql://orchestrator:${password}@127.0.0.1:${postmaster.port}/postgres`
}
