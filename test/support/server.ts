import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The product as its users start it: `server/main.ts` in a process of its own, on a free port. */
export interface RunningServer {
  readonly origin: string
  readonly pid: number
  /** All that it printed. */
  readonly output: () => string
  /** Sends a signal and waits for the end. @returns The exit code; null when a signal ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

/** A folder for one server's data and logs, and the settings that keep it there. */
export interface ServerFolder {
  readonly path: string
  readonly env: Readonly<Record<string, string>>
  remove(): void
}

export function serverFolder(): ServerFolder {
  const path = mkdtempSync(join(tmpdir(), 'orchestrator-test-'))
  // As root, Postgres' own user must pass through, or the database is put where nobody removes it.
  chmodSync(path, 0o711)
  return {
    path,
    env: {
      HOST: '127.0.0.1',
      PORT: '0',
      ORCHESTRATOR_DATA_DIR: join(path, 'data'),
      ORCHESTRATOR_LOG_DIR: join(path, 'logs'),
      PROVIDERS_YAML: join(path, 'providers.yaml'),
      LOG_LEVEL: 'warn',
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  }
}

/**
 * Starts a server and waits until it says where it listens.
 *
 * @param env Added to a bare environment: nothing of the developer's own settings or keys reaches the server.
 * @throws {Error} With its output, when it ends before it is ready.
 */
export async function startServer(env: Readonly<Record<string, string>>): Promise<RunningServer> {
  const main = join(import.meta.dirname, '../../server/main.ts')
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const ended = once(child, 'exit')
  const origin = await new Promise<string>((resolve, reject) => {
    const look = (part: Buffer) => {
      output += part.toString()
      const found = /(https?:\/\/[^\s/]+)\/graphql/.exec(output)
      if (found?.[1]) resolve(found[1])
    }
    child.stdout.on('data', look)
    child.stderr.on('data', look)
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}:\n${output}`)))
  })
  return {
    origin,
    pid: child.pid ?? 0,
    output: () => output,
    stop: (signal = 'SIGTERM') => stop(child, { signal, ended }),
  }
}

async function stop(
  child: ChildProcess,
  { signal, ended }: { signal: NodeJS.Signals; ended: Promise<unknown[]> },
): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) child.kill(signal)
  await ended
  return child.exitCode
}
