import { mkdirSync } from 'node:fs'
import { hostname } from 'node:os'
import { type App, startApp } from './app.ts'
import { type Env, EnvError, readEnv, withEnvFiles } from './env.ts'
import { ConfigFileError } from '#config/yaml-text.ts'
import { lockDataFolder } from '#store/embedded-postgres/data-lock.ts'
import { startEmbeddedPostgres } from '#store/embedded-postgres/embedded-postgres.ts'
import { migrate } from '#store/migrate.ts'

/** How long running answers may take to end after SIGTERM. */
const drainMs = 25_000

const say = (line: string) => process.stderr.write(`${line}\n`)

/** What must be given back at the end, last taken first. */
const closers: (() => Promise<void> | void)[] = []

async function closeAll(): Promise<void> {
  for (const close of closers.splice(0).toReversed()) await close()
}

async function start(env: Env): Promise<App> {
  mkdirSync(env.ORCHESTRATOR_DATA_DIR, { recursive: true, mode: 0o711 })
  closers.push(await lockDataFolder(env.ORCHESTRATOR_DATA_DIR))
  const url = env.DATABASE_URL ?? (await startOwnDatabase(env))
  await migrate(url)
  const app = await startApp(env, { url, embedded: env.DATABASE_URL === undefined })
  closers.push(() => app.close())
  return app
}

async function startOwnDatabase(env: Env): Promise<string> {
  const postgres = await startEmbeddedPostgres(env.ORCHESTRATOR_DATA_DIR, { log: { info: say, warn: say } })
  closers.push(() => postgres.stop())
  if (!postgres.folder.startsWith(env.ORCHESTRATOR_DATA_DIR)) {
    say(`the database is in ${postgres.folder}: Postgres does not run as root, and its user cannot reach ${env.ORCHESTRATOR_DATA_DIR}`)
  }
  return postgres.url
}

function stopOnSignals(app: App): void {
  let stopping = false
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) {
      say(`${signal} again: stopping at once`)
      process.exit(1)
    }
    stopping = true
    void app
      .drain(drainMs)
      .then(closeAll)
      .then(
        () => process.exit(0),
        (error: unknown) => {
          say(`stopping failed: ${explain(error, env)}`)
          process.exit(1)
        },
      )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

/** What a person reads who sees the start fail. */
function explain(error: unknown, { HOST, PORT, PROVIDERS_YAML }: Env): string {
  if (!(error instanceof Error)) return 'The start failed.'
  const { code } = error as NodeJS.ErrnoException
  if (error instanceof ConfigFileError) return `${PROVIDERS_YAML} cannot be used:\n${error.message}`
  if (code === 'EADDRINUSE') return `Port ${PORT} on ${HOST} is in use by another program; stop it, or set PORT to another.`
  if (code === 'EACCES' && PORT < 1024) return `Port ${PORT} needs more rights than this user has; set PORT above 1023.`
  if (code === 'ENOTFOUND' || code === 'EADDRNOTAVAIL') return `HOST ${HOST} is not an address of ${hostname()}.`
  const cause = error.cause instanceof Error ? `\n  because: ${error.cause.message}` : ''
  return `${error.message}${cause}`
}

function settings(): Env {
  try {
    return readEnv(withEnvFiles())
  } catch (error) {
    if (!(error instanceof EnvError)) throw error
    say(error.message)
    process.exit(2)
  }
}

const env = settings()
try {
  const app = await start(env)
  stopOnSignals(app)
  console.log(`Dashboard  ${app.origin}/dashboard`)
  console.log(`GraphQL    ${app.origin}/graphql`)
  console.log(`Try        ${app.tryLine}`)
} catch (error) {
  say(explain(error, env))
  await closeAll()
  process.exit(1)
}
