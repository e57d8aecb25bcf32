import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a running Postgres says of itself in its data folder. */
export interface Postmaster {
  readonly pid: number
  readonly port: number
  readonly ready: boolean
}

/** Reads `postmaster.pid` (lines: pid, folder, start, port, socket folder, address, memory, status). */
export function readPostmaster(dataFolder: string): Postmaster | undefined {
  try {
    const lines = readFileSync(join(dataFolder, 'postmaster.pid'), 'utf8').split('\n')
    return { pid: Number(lines[0]), port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' }
  } catch {
    return undefined
  }
}

/** Whether a process is alive and is a Postgres: its number may have been given to another since. */
export function isPostgres(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 1) return false
  try {
    process.kill(pid, 0)
    return process.platform !== 'linux' || readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('postgres')
  } catch {
    return false
  }
}
