import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chownSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { postgresBinaries } from './binaries.ts'
import { isPostgres, readPostmaster } from './postmaster-file.ts'
import { type PostgresUser, postgresUser, reachableFolder } from './postgres-user.ts'

/** A Postgres of our own, running for this process. */
export interface EmbeddedPostgres {
  readonly url: string
  /** Where its data is: not always where it was asked for, see `reachableFolder`. */
  readonly folder: string
  /** Ends it in an orderly way, within 10 s. Call it when nobody needs it any more. */
  stop(): Promise<void>
}

export interface EmbeddedPostgresLog {
  info(message: string): void
  warn(message: string): void
}

interface Installation {
  readonly binaries: string
  readonly data: string
  readonly user: PostgresUser | undefined
  readonly settings: readonly string[]
}

const startTimeoutMs = 60_000
const stopTimeoutMs = 10_000
const baseSettings = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=100',
  'shared_buffers=128MB',
  'wal_compression=on',
  'max_wal_size=1GB',
  'jit=off',
]

/**
 * Starts Postgres on a folder, makes the database at the first start, and stops first what a killed predecessor left
 * running. If it dies while it is wanted it is started again, on the same port. The caller must hold the folder's lock.
 *
 * @param settings Further settings, `name=value`.
 */
export async function startEmbeddedPostgres(
  folder: string,
  { log, settings = [] }: { log: EmbeddedPostgresLog; settings?: readonly string[] },
): Promise<EmbeddedPostgres> {
  const user = postgresUser()
  const home = reachableFolder(folder, user)
  const data = join(home, 'postgres')
  mkdirSync(home, { recursive: true, mode: 0o711 })
  const binaries = postgresBinaries(join(user ? '/var/lib/ai-orchestrator' : home, 'bin'), user)
  const installation = { binaries, data, user, settings: [...baseSettings, ...settings] }
  const password = await initialise(installation, { folder, log })
  await stopLeftOver(data)

  const port = await freePort()
  let stopping = false
  let child = await run(installation, port)
  const watch = () => {
    child.once('exit', (code) => {
      if (stopping) return
      log.warn(`the embedded Postgres ended (${code ?? 'by a signal'}) and is started again`)
      void revive()
    })
  }
  const revive = async () => {
    for (let waitMs = 100; !stopping; waitMs = Math.min(waitMs * 2, 5000)) {
      try {
        await stopLeftOver(data)
        child = await run(installation, port)
        watch()
        return
      } catch (error) {
        log.warn(`the embedded Postgres did not start again: ${String(error)}`)
        await delay(waitMs)
      }
    }
  }
  watch()
  return {
    url: `postgresql://orchestrator:${password}@127.0.0.1:${port}/postgres`,
    folder: data,
    async stop() {
      stopping = true
      await end(child)
    },
  }
}

/** Makes the database unless it is there. Half-made ones are thrown away: the folder gets its name when it is whole. */
async function initialise(
  { binaries, data, user }: Installation,
  { folder, log }: { folder: string; log: EmbeddedPostgresLog },
): Promise<string> {
  const passwordFile = join(folder, 'postgres-password')
  if (existsSync(data) && existsSync(passwordFile)) return readFileSync(passwordFile, 'utf8').trim()
  if (existsSync(data)) throw new Error(`${data} has a database, but its password is not in ${passwordFile}.`)
  log.info(`making the database in ${data}`)
  const partial = `${data}.new`
  rmSync(partial, { recursive: true, force: true })
  mkdirSync(partial, { mode: 0o700 })
  const password = randomBytes(24).toString('base64url')
  const handedOver = `${data}.password`
  writeFileSync(handedOver, password, { mode: 0o600 })
  if (user) for (const path of [partial, handedOver]) chownSync(path, user.uid, user.gid)
  const locale = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--encoding=UTF8']
  const args = ['-D', partial, '-U', 'orchestrator', '--auth=scram-sha-256', `--pwfile=${handedOver}`, ...locale]
  const initdb = spawn(join(binaries, 'bin/initdb'), args, { ...user, stdio: ['ignore', 'ignore', 'pipe'], cwd: '/' })
  let complaint = ''
  initdb.stderr.on('data', (part: Buffer) => (complaint += part.toString()))
  const [code] = await once(initdb, 'close')
  rmSync(handedOver, { force: true })
  if (code !== 0) throw new Error(`initdb failed (${String(code)}): ${complaint.trim()}`)
  writeFileSync(passwordFile, password, { mode: 0o600 })
  renameSync(partial, data)
  return password
}

/** Starts the server in a session of its own, so that a Ctrl-C in the terminal does not stop it during the drain. */
async function run({ binaries, data, user, settings }: Installation, port: number): Promise<ChildProcess> {
  const output = openSync(`${data}.log`, 'w', 0o600)
  const args = ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])]
  const child = spawn(join(binaries, 'bin/postgres'), args, {
    ...user,
    cwd: '/',
    detached: true,
    stdio: ['ignore', output, output],
  })
  closeSync(output)
  child.on('error', () => {})
  const deadline = Date.now() + startTimeoutMs
  while (Date.now() < deadline && child.exitCode === null && child.signalCode === null) {
    const postmaster = readPostmaster(data)
    if (postmaster?.ready && postmaster.pid === child.pid) return child
    await delay(10)
  }
  await end(child)
  throw new Error(`the embedded Postgres did not start:\n${readFileSync(`${data}.log`, 'utf8').slice(-2000)}`)
}

/** A Postgres whose parent was killed runs on; nobody else can use this folder, so it is stopped. */
async function stopLeftOver(data: string): Promise<void> {
  const left = readPostmaster(data)
  if (!left || !isPostgres(left.pid)) return
  process.kill(left.pid, 'SIGINT')
  const deadline = Date.now() + stopTimeoutMs
  while (isPostgres(left.pid)) {
    if (Date.now() > deadline) process.kill(left.pid, 'SIGQUIT')
    if (Date.now() > deadline + stopTimeoutMs) process.kill(left.pid, 'SIGKILL')
    await delay(20)
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const ended = once(child, 'exit')
  child.kill('SIGINT')
  const late = setTimeout(() => child.kill('SIGQUIT'), stopTimeoutMs)
  await ended
  clearTimeout(late)
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
