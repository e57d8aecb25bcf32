import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync, realpathSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** What a running Postgres says of itself in its data folder. */
export interface Postmaster {
  readonly pid: number
  readonly ready: boolean
  readonly port: number
}

/** How long each way of stopping may take before a ruder one follows. */
const patienceMs = 10_000

/** Reads `postmaster.pid` (lines: pid, folder, start, port, socket folder, address, memory, status). */
export function readPostmaster(data: string): Postmaster | undefined {
  try {
    const lines = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')
    const [pid, , , port] = lines.map(Number)
    return { pid: pid ?? 0, ready: lines[7]?.trim() === 'ready', port: port ?? 0 }
  } catch {
    return undefined
  }
}

/**
 * Stops what a killed predecessor left running on a database: its postmaster, the processes that outlived that one and
 * would keep its memory, or the making of it. Nobody else can be using them, for the caller has the folder's lock. Takes
 * away the file by which Postgres would believe that its predecessor still runs, although it is a zombie that nobody
 * reaps, or its number is somebody else's by now.
 */
export async function stopLeftOver(data: string): Promise<void> {
  const began = Date.now()
  for (let left = processesOn(data); left.length > 0; left = processesOn(data)) {
    const waited = Date.now() - began
    const postmaster = readPostmaster(data)?.pid
    for (const pid of left) {
      if (waited > 2 * patienceMs) send(pid, 'SIGKILL')
      else if (pid !== postmaster && !left.includes(postmaster ?? 0)) send(pid, 'SIGQUIT')
      else if (pid === postmaster) send(pid, waited > patienceMs ? 'SIGQUIT' : 'SIGINT')
    }
    await delay(20)
  }
  if (isProvedFree(data)) rmSync(join(data, 'postmaster.pid'), { force: true })
}

/** Whether nobody can be on a database whose processes were all seen to be gone: none of its user's is hidden from us. */
function isProvedFree(data: string): boolean {
  if (process.platform !== 'linux' || readPostmaster(data) === undefined) return false
  const { uid } = statSync(data)
  return allProcesses().every(
    (pid) => isDead(pid) || folderOf(pid) !== undefined || ownerOf(pid) !== uid,
  )
}

/** Gone, or only waiting to be reaped. */
function isDead(pid: string): boolean {
  try {
    return /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return true
  }
}

/** @returns undefined for processes that have just ended. */
const ownerOf = (pid: string) => statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid

/** Postgres' processes stand in their data folder; a number in a stale file may be anybody's by now. */
function processesOn(data: string): readonly number[] {
  if (process.platform !== 'linux') return postmasterOn(data)
  const folder = realFolder(data)
  if (folder === undefined) return []
  return allProcesses()
    .filter((pid) => folderOf(pid) === folder)
    .map(Number)
}

const allProcesses = () => readdirSync('/proc').filter((name) => /^\d+$/.test(name))

function realFolder(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}

/** @returns undefined for processes of others, and those that have just ended. */
function folderOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return undefined
  }
}

function postmasterOn(data: string): readonly number[] {
  const pid = readPostmaster(data)?.pid ?? 0
  if (pid <= 1 || !send(pid, 0)) return []
  if (process.platform === 'win32') return [pid]
  const command = execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' })
  return command.includes(data) ? [pid] : []
}

/** @returns Whether there was such a process. */
function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}
