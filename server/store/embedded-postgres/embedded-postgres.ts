import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, realpathSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { postgresBinaries } from './binaries.ts'
import { commonFolder, databasePlace } from './database-place.ts'
import { lockDataFolder } from './data-lock.ts'
import { stopLeftOver } from './left-over.ts'
import { ensureDatabase } from './new-database.ts'
import { endPostmaster, type PostmasterOptions, runPostmaster } from './postmaster.ts'

/** A Postgres of our own, running for this process. */
export interface EmbeddedPostgres {
  readonly url: string
  /** Where its data is: not always where it was asked for, see `databasePlace`. */
  readonly folder: string
  /** Whether that is outside the data folder. */
  readonly elsewhere: boolean
  /** Ends it in an orderly way, within 20 s. Call it when nobody needs it any more. */
  stop(): Promise<void>
}

export interface EmbeddedPostgresLog {
  info(message: string): void
  warn(message: string): void
}

/** A postmaster that ran this long was well; the next start after its end is tried without waiting. */
const wellMs = 30_000
const attempts = 3
const firstWaitMs = 100
const longestWaitMs = 5000

const baseSettings = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=60',
  'shared_buffers=128MB',
  'wal_compression=on',
  'max_wal_size=1GB',
  'jit=off',
]

/**
 * Starts Postgres on a data folder, makes the database at the first start, and stops first what a killed predecessor left
 * running. If it dies while it is wanted it is started again, on the same port. The caller must hold the folder's lock.
 *
 * @param settings Further settings, `name=value`.
 */
export async function startEmbeddedPostgres(
  dataFolder: string,
  { log, settings = [] }: { log: EmbeddedPostgresLog; settings?: readonly string[] },
): Promise<EmbeddedPostgres> {
  const folder = realpathSync(dataFolder)
  const { home, user } = databasePlace(folder)
  // A copied data folder notes the same place as the one that it was copied from.
  const unlock = home === folder ? () => {} : lockDataFolder(home)
  try {
    const data = join(home, 'postgres')
    const binaries = postgresBinaries(join(user ? commonFolder : home, 'bin'), user)
    if (!existsSync(data)) log.info(`making the database in ${data}`)
    const passwordFile = join(folder, 'postgres-password')
    const password = await ensureDatabase({ binaries, data, user, passwordFile })
    const options = { binaries, data, user, settings: [...baseSettings, ...settings] }
    const { port, stop } = await startSupervised(options, log)
    return {
      url: `postgresql://orchestrator:${password}@127.0.0.1:${port}/postgres`,
      folder: data,
      elsewhere: home !== folder,
      async stop() {
        await stop()
        unlock()
      },
    }
  } catch (error) {
    unlock()
    throw error
  }
}

/** Tries again, for the port may be taken before Postgres has it, and Postgres itself be killed while it starts. */
async function startSupervised(
  options: Omit<PostmasterOptions, 'port'>,
  log: EmbeddedPostgresLog,
): Promise<{ port: number; stop: () => Promise<void> }> {
  for (let attempt = 1; ; attempt++) {
    try {
      const port = await freePort()
      return { port, stop: await superviseFrom({ ...options, port }, log) }
    } catch (error) {
      if (attempt === attempts) throw error
      log.warn(`${String(error)}\nTrying again.`)
      await delay(firstWaitMs)
    }
  }
}

/**
 * Starts a postmaster and keeps it running: when it ends by itself it is started again, ever more slowly if it does not
 * stay up.
 *
 * @returns Ends it.
 */
async function superviseFrom(
  options: PostmasterOptions,
  log: EmbeddedPostgresLog,
): Promise<() => Promise<void>> {
  const stopping = new AbortController()
  const start = async () => {
    await stopLeftOver(options.data)
    return runPostmaster(options)
  }
  let child = await start()

  const keepUp = async () => {
    let waitMs = firstWaitMs
    while (!stopping.signal.aborted) {
      const lifeMs = await lifeOf(child)
      if (stopping.signal.aborted) return
      waitMs = lifeMs > wellMs ? firstWaitMs : Math.min(waitMs * 2, longestWaitMs)
      log.warn('the embedded Postgres ended by itself and is started again')
      await pause(lifeMs > wellMs ? 0 : waitMs, stopping.signal)
      try {
        if (!stopping.signal.aborted) child = await start()
      } catch (error) {
        log.warn(String(error))
      }
    }
  }
  const kept = keepUp()
  return async () => {
    stopping.abort()
    await endPostmaster(child)
    await kept
    await endPostmaster(child)
    // Of a postmaster that was killed, some processes live a moment longer.
    await stopLeftOver(options.data)
  }
}

/** Waits until a process has ended. @returns How long that took; 0 when it had ended before. */
async function lifeOf(child: ChildProcess): Promise<number> {
  if (child.exitCode !== null || child.signalCode !== null) return 0
  const began = performance.now()
  await once(child, 'exit')
  return performance.now() - began
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => {})
}

async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
