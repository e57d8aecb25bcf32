import { type Command } from 'commander'
import { type Env, EnvError, readEnv, withEnvFiles } from '#server/env.ts'
import { CliFailure } from './cli-failure.ts'
import { ServerApi } from './server-api.ts'
import { type Column, renderTable } from './table.ts'

/** What a verb works with. */
export interface Session {
  readonly api: ServerApi
  /** Whether stdout takes one JSON document and nothing else. */
  readonly json: boolean
  /** Prints the document under --json, else the lines. */
  print(document: unknown, lines: () => string): void
  /** Progress, for people who watch: only when stderr is a terminal. */
  tell(line: string): void
  table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string
}

interface VerbOptions {
  readonly description: string
  /** Without `orchestrator`. */
  readonly example: string
}

/** Adds a verb that talks to a server, with the options that all such verbs have. */
export function addVerb(
  parent: Command,
  usage: string,
  { description, example }: VerbOptions,
): Command {
  return parent
    .command(usage)
    .description(description)
    .option('--json', 'print one JSON document')
    .option('--url <address>', 'the server; else ORCHESTRATOR_URL, else this machine')
    .option('--token <token>', 'else ORCHESTRATOR_TOKEN, else ROUTER_AUTH_TOKEN')
    .addHelpText('after', `\nExample:\n  orchestrator ${example}`)
}

/** The session of a verb that `addVerb` made. @throws {CliFailure} When a setting is unusable. */
export function sessionOf(command: Command): Session {
  const options = command.opts<{ json?: true; url?: string; token?: string }>()
  const env = settings()
  const json = options.json === true
  const origin = (options.url ?? env.lookup('ORCHESTRATOR_URL') ?? ownOrigin(env)).replace(
    /\/+$/,
    '',
  )
  if (!/^https?:$/.test(URL.parse(origin)?.protocol ?? '')) {
    throw new CliFailure(`${origin} is no address: expected one such as http://127.0.0.1:5455`, {
      code: 'INVALID_REQUEST',
    })
  }
  const token = options.token ?? env.lookup('ORCHESTRATOR_TOKEN') ?? env.ROUTER_AUTH_TOKEN
  return {
    api: new ServerApi(origin, token),
    json,
    print: (document, lines) =>
      void process.stdout.write(`${json ? JSON.stringify(document) : lines()}\n`),
    tell: (line) => {
      if (process.stderr.isTTY) process.stderr.write(`${line}\n`)
    },
    table: (rows, columns) =>
      renderTable(rows, {
        columns,
        width: process.stdout.isTTY ? process.stdout.columns : undefined,
      }),
  }
}

function settings(): Env {
  try {
    return readEnv(withEnvFiles())
  } catch (error) {
    if (error instanceof EnvError) throw new CliFailure(error.message, { code: 'CONFIG_INVALID' })
    throw error
  }
}

function ownOrigin({ HOST, PORT }: Env): string {
  const host = HOST === '0.0.0.0' || HOST === '::' ? '127.0.0.1' : HOST
  return `http://${host.includes(':') ? `[${host}]` : host}:${PORT}`
}
