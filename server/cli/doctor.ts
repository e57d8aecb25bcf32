import { Command } from 'commander'
import { type Env, EnvError, readEnv, withEnvFiles } from '#server/env.ts'
import { runningDatabase } from '#store/embedded-postgres/running-database.ts'
import { findBreaches, invariants } from '#store/invariants.ts'
import { openReader } from '#store/reader.ts'

/** Exit codes: 0 all is well, 1 something is broken, 2 it could not be looked at. */
const { json } = new Command('doctor')
  .description(
    'Checks, against the whole database, what must always hold of money and records. Calls may run meanwhile.',
  )
  .option('--json', 'prints the breaches as one JSON document')
  .parse()
  .opts<{ json?: true }>()

const say = (line: string) => process.stdout.write(`${line}\n`)

function stop(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(2)
}

function settings(): Env {
  try {
    return readEnv(withEnvFiles())
  } catch (error) {
    if (error instanceof EnvError) stop(error.message)
    throw error
  }
}

const { DATABASE_URL, ORCHESTRATOR_DATA_DIR: folder } = settings()
const url = DATABASE_URL ?? runningDatabase(folder)
if (url === undefined) {
  stop(`No database runs in ${folder}: start the server, or say where it is with DATABASE_URL.`)
}
const reader = openReader(url, { max: 1, timeoutMs: 10 * 60 * 1000 })
try {
  const breaches = await findBreaches(reader)
  if (json) say(JSON.stringify({ checked: invariants.map(({ name }) => name), breaches }))
  else {
    for (const { name } of invariants) {
      const found = breaches.filter(({ invariant }) => invariant === name)
      say(`${found.length === 0 ? 'holds ' : 'BROKEN'}  ${name}`)
      for (const breach of found) say(`        ${breach.subject}: ${breach.found}`)
    }
  }
  process.exitCode = breaches.length === 0 ? 0 : 1
} catch (error) {
  stop(error instanceof Error ? error.message : String(error))
} finally {
  await reader.close()
}
