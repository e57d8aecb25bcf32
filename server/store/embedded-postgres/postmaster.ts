import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { PostgresUser } from './database-place.ts'
import { readPostmaster } from './left-over.ts'

export interface PostmasterOptions {
  readonly binaries: string
  readonly data: string
  readonly user: PostgresUser | undefined
  /** `name=value` each. */
  readonly settings: readonly string[]
  readonly port: number
}

const startTimeoutMs = 60_000
const stopTimeoutMs = 10_000

/**
 * Runs a postmaster until it accepts connections; in a session of its own, so that a Ctrl-C in the terminal does not
 * stop it during the drain.
 *
 * @throws {Error} With the end of its log, when it does not start.
 */
export async function runPostmaster(options: PostmasterOptions): Promise<ChildProcess> {
  const { binaries, data, user, settings, port } = options
  const log = `${data}.log`
  const output = openSync(log, 'w', 0o600)
  const args = ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])]
  const child = spawn(join(binaries, 'bin/postgres'), args, {
    ...user,
    // By which a later start knows it, from its first moment on: see left-over.ts.
    cwd: data,
    detached: true,
    stdio: ['ignore', output, output],
  })
  closeSync(output)
  let failure: Error | undefined
  child.on('error', (error) => (failure = error))
  const deadline = Date.now() + startTimeoutMs
  while (Date.now() < deadline && !hasEnded(child) && failure === undefined) {
    const postmaster = readPostmaster(data)
    if (postmaster?.ready && postmaster.pid === child.pid) return child
    await delay(10)
  }
  await endPostmaster(child)
  const told = failure?.message ?? readFileSync(log, 'utf8').slice(-2000)
  throw new Error(`the embedded Postgres did not start:\n${told}`)
}

/** Ends it in an orderly way: connections are closed, the rest is written. */
export async function endPostmaster(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || hasEnded(child)) return
  const ended = once(child, 'exit')
  child.kill('SIGINT')
  const late = setTimeout(() => child.kill('SIGQUIT'), stopTimeoutMs)
  const tooLate = setTimeout(() => child.kill('SIGKILL'), 2 * stopTimeoutMs)
  await ended
  clearTimeout(late)
  clearTimeout(tooLate)
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}
