import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Allowance } from '#domain/allowance.ts'
import { createAllowance } from '#test/support/allowances.ts'
import { createDatabase, type TestDatabase } from '#test/support/postgres.ts'
import {
  type RunningServer,
  type ServerFolder,
  serverFolder,
  startServer,
} from '#test/support/server.ts'
import { listPrice } from './double-bill.ts'
import type { ProviderDouble } from './provider-double.ts'

/** A provider or a route as the file writes it. */
export type Entry = Readonly<Record<string, unknown>>

/** A gateway in a process of its own between doubles, on a database of its own, under a budget that blocks. */
export interface FaultHouse {
  readonly server: RunningServer
  readonly origin: string
  readonly databaseUrl: string
  /** Far above what is spent: it is there so that every call holds something. */
  readonly budget: Allowance
  close(): Promise<void>
}

/** The deadlines of a target that is meant to miss them. */
export const impatient = { first_token_ms: 1500, stall_ms: 1500, total_ms: 4000 }

/**
 * What every provider of a house has unless it says otherwise: waits that tests have time for, and no deadline that a
 * busy machine could miss.
 */
const quick: Entry = {
  type: 'openai_compat',
  retries: { base_ms: 10, cap_ms: 50 },
}

export async function openHouse({
  providers,
  models,
  serves = () => true,
  routes = {},
  databaseUrl,
  env = {},
}: {
  /** By their names; `double` is where they are, the rest is as the file writes it. */
  providers: Readonly<Record<string, { readonly double: Pick<ProviderDouble, 'baseUrl'> } & Entry>>
  /** What they serve, all at the list price. */
  models: readonly string[]
  /** Whether a provider serves a model. @default all serve all */
  serves?: (provider: string, model: string) => boolean
  routes?: Readonly<Record<string, Entry>>
  /** Where Postgres is, as the gateway sees it. @default the test's own */
  databaseUrl?: (url: string) => string | Promise<string>
  env?: Readonly<Record<string, string>>
}): Promise<FaultHouse> {
  const database: TestDatabase = await createDatabase()
  const folder: ServerFolder = serverFolder()
  const budget = await createAllowance(database.url, { limit: 10n ** 16n, period: 'TOTAL' })
  const file = {
    version: 1,
    providers: Object.fromEntries(
      Object.entries(providers).map(([name, { double, ...entry }]) => [
        name,
        { ...quick, base_url: double.baseUrl, ...entry },
      ]),
    ),
    prices: Object.keys(providers).flatMap((provider) =>
      models
        .filter((model) => serves(provider, model))
        .map((model) => ({ provider, model, ...listPrice })),
    ),
    routes,
  }
  // JSON is YAML.
  writeFileSync(join(folder.path, 'providers.yaml'), JSON.stringify(file))
  const server = await startServer({
    ...folder.env,
    DATABASE_URL: databaseUrl ? await databaseUrl(database.url) : database.url,
    ...env,
  })
  return {
    server,
    origin: server.origin,
    databaseUrl: database.url,
    budget,
    async close() {
      await server.stop('SIGKILL')
      await database.drop()
      folder.remove()
    },
  }
}
