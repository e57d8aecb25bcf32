import { setTimeout as delay } from 'node:timers/promises'
import { lockDataFolder } from '#store/embedded-postgres/data-lock.ts'
import { startEmbeddedPostgres } from '#store/embedded-postgres/embedded-postgres.ts'
import { migrate } from '#store/migrate.ts'
import { type App, startApp } from './app.ts'
import { type Env, readEnv, withEnvFiles } from './env.ts'
import { explainStart } from '#server/app/start-failure.ts'

/** How long running answers may take to end after SIGTERM. */
const drainMs = 25_000

/** How long everything else may take to end after them. */
const closeMs = 20_000

/** npm sends on a Ctrl-C that the terminal has sent already: what follows so soon is no second one. */
const sameSignalMs = 1000

const say = (line: string) => process.stderr.write(`${line}\n`)

/** What must be given back at the end, last taken first. */
const closers: (() => Promise<void> | void)[] = []

/** Closes all that was opened, whatever some of it says. @returns Whether all of it went well. */
async function closeAll(): Promise<boolean> {
  let well = true
  for (const close of closers.splice(0).toReversed()) {
    try {
      await close()
    } catch (error) {
      well = false
      say(`stopping: ${String(error)}`)
    }
  }
  return well
}

async function start(env: Env): Promise<App> {
  closers.push(lockDataFolder(env.ORCHESTRATOR_DATA_DIR))
  const url = env.DATABASE_URL ?? (await startOwnDatabase(env))
  stopping.signal.throwIfAborted()
  await migrate(url)
  stopping.signal.throwIfAborted()
  const app = await startApp(env, { url, embedded: env.DATABASE_URL === undefined })
  closers.push(() => app.close())
  return app
}

async function startOwnDatabase({ ORCHESTRATOR_DATA_DIR: folder }: Env): Promise<string> {
  const postgres = await startEmbeddedPostgres(folder, { log: { info: say, warn: say } })
  closers.push(() => postgres.stop())
  if (postgres.elsewhere) {
    say(
      `the database is in ${postgres.folder}: Postgres does not run as root, and its user cannot reach ${folder}`,
    )
  }
  return postgres.url
}

const stopping = new AbortController()

/** The first signal stops in an orderly way, also during the start; a second one at once. */
function stopOnSignals(): Promise<void> {
  return new Promise((resolve) => {
    let firstAt: number | undefined
    const stop = (signal: NodeJS.Signals) => {
      if (firstAt === undefined) {
        firstAt = performance.now()
        stopping.abort()
        resolve()
      } else if (performance.now() - firstAt > sameSignalMs) {
        say(`${signal} again: stopping at once`)
        process.exit(1)
      }
    }
    process.on('SIGTERM', stop)
    process.on('SIGINT', stop)
    process.on('SIGHUP', stop)
  })
}

/** What nobody caught harms one call at most; the others go on. */
function outliveErrors(): void {
  const tell = (error: unknown) =>
    say(`uncaught: ${error instanceof Error ? error.stack : String(error)}`)
  process.on('uncaughtException', tell)
  process.on('unhandledRejection', tell)
  // A reader who has gone, such as `head`, is no reason to stop.
  process.stdout.on('error', () => {})
  process.stderr.on('error', () => {})
}

function settings(): Env {
  try {
    return readEnv(withEnvFiles())
  } catch (error) {
    say(error instanceof Error ? error.message : String(error))
    process.exit(2)
  }
}

const env = settings()
const stopped = stopOnSignals()
try {
  const app = await start(env)
  outliveErrors()
  console.log(`Dashboard  ${app.origin}/dashboard`)
  console.log(`GraphQL    ${app.origin}/graphql`)
  console.log(`Try        ${app.tryLine}`)
  await stopped
  await app.drain(drainMs)
} catch (error) {
  if (!stopping.signal.aborted) {
    say(explainStart(error, env))
    process.exitCode = 1
  }
}
const late = delay(closeMs, false, { ref: false })
if (!(await Promise.race([closeAll(), late]))) process.exitCode = 1
process.exit()
