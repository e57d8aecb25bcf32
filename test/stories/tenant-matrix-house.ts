import type { ServerResponse } from 'node:http'
import { type App, startApp } from '#server/app.ts'
import { readEnv } from '#server/env.ts'
import { openAiDouble, type SeenCall } from '../support/openai-double.ts'
import { createDatabase } from '../support/postgres.ts'
import { serverFolder } from '../support/server.ts'
import { sql } from '../support/store.ts'
import { fillCalls, fillTenant, type MatrixStore, type Tokens } from './tenant-matrix-rows.ts'
import { mark, type MatrixTenant, tenantA, tenantB, tenantC } from './tenant-matrix-tenants.ts'

/** The product in this process, on a database with two tenants beside the operator's. */
export interface MatrixHouse {
  readonly app: App
  readonly store: MatrixStore
  readonly a: MatrixTenant & { readonly tokens: Tokens }
  readonly b: MatrixTenant & { readonly tokens: Tokens }
  /** Changes things, so that what B sees stays as it is. */
  readonly c: MatrixTenant & { readonly tokens: Tokens }
  /** Of the administrator of the installation. */
  readonly rootToken: string
  close(): Promise<void>
}

const secret = 'a secret of the matrix that nobody else shares'
const rootToken = 'root-token-of-the-matrix'

export async function openHouse(): Promise<MatrixHouse> {
  const database = await createDatabase()
  const folder = serverFolder()
  const provider = await openAiDouble()
  provider.script = (call, response) =>
    call.text.includes(endless) ? goOn(call, response) : 'default'
  const store = { databaseUrl: database.url, secret, folder: folder.path, startMs: Date.now() }
  const { startMs } = store
  const [a, b, c] = [tenantA(startMs), tenantB(startMs), tenantC(startMs)]
  const ofA = await fillTenant(store, a)
  const ofB = await fillTenant(store, b)
  const ofC = await fillTenant(store, c)
  await fillCalls(store, a, a.known)
  await fillCalls(store, b, a.known)
  await smuggleAllowance(store, { from: a, to: b })
  const env = readEnv({
    ...folder.env,
    DATABASE_URL: database.url,
    ORCHESTRATOR_SECRET: secret,
    ROUTER_AUTH_TOKEN: rootToken,
    LOG_LEVEL: 'error',
    OPENAI_API_KEY: 'of the matrix',
    OPENAI_BASE_URL: provider.baseUrl,
  })
  const app = await startApp(env, { url: database.url, embedded: false })
  return {
    app,
    store,
    a: { ...a, tokens: ofA },
    b: { ...b, tokens: ofB },
    c: { ...c, tokens: ofC },
    rootToken,
    async close() {
      await app.drain(0)
      await app.close()
      await provider.close()
      await database.drop()
      folder.remove()
    },
  }
}

/** What is said to the provider for an answer without an end. */
export const endless = 'go on and on'

function goOn({ aborted, body }: SeenCall, response: ServerResponse): void {
  const chunk = {
    id: 'endless',
    model: body['model'],
    choices: [{ index: 0, delta: { content: `${mark} goes on ` } }],
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const timer = setInterval(() => response.write(`data: ${JSON.stringify(chunk)}\n\n`), 200)
  void aborted.then(() => clearInterval(timer))
}

/** A budget of one tenant that names a project of another. */
async function smuggleAllowance(
  { databaseUrl }: MatrixStore,
  { from, to }: { from: MatrixTenant; to: MatrixTenant },
): Promise<void> {
  await sql(
    databaseUrl,
    `insert into allowance (id, tenant_id, kind, name, scope_kind, scope_value, unit, amount, period, time_zone, action)
     values (gen_random_uuid(), $1, 'BUDGET', 'smuggled', 'PROJECT', $2, 'TICKS', 900000000000, 'DAY', 'UTC', 'NOTIFY')`,
    [to.tenantId, from.known.projectId],
  )
}

/** Every row of a tenant, and those that are nobody's, by table; what changes by itself is left out. */
export async function rowsOf(
  { databaseUrl }: MatrixStore,
  tenantId: string,
): Promise<Readonly<Record<string, readonly unknown[]>>> {
  const tables = await tablesOf(databaseUrl)
  const rows = await Promise.all(
    tables.map(async ({ name, column }) => {
      const text = `select to_jsonb(t) - 'last_used_at' as row from ${name} t
        ${column === null ? '' : `where ${column} = $1`} order by to_jsonb(t)::text`
      const found = await sql<{ row: unknown }>(
        databaseUrl,
        text,
        column === null ? [] : [tenantId],
      )
      return [name, found.map(({ row }) => row)] as const
    }),
  )
  return Object.fromEntries(rows)
}

/** Takes a tenant out of every table. */
export async function removeTenant({ databaseUrl }: MatrixStore, tenantId: string): Promise<void> {
  const tables = (await tablesOf(databaseUrl)).filter(({ column }) => column !== null)
  const statements = tables.map(
    ({ name, column }) => `delete from ${name} where ${column} = '${tenantId}';`,
  )
  await sql(databaseUrl, `set session_replication_role = replica; ${statements.join(' ')}`)
}

/** What comes and goes by itself, and is nobody's. */
const moving = ['provider_probe', 'provider_transition', 'replica', 'target_state']

/** Tables by what says whose a row is: a column, or null for nobody's. */
async function tablesOf(
  databaseUrl: string,
): Promise<readonly { readonly name: string; readonly column: 'id' | 'tenant_id' | null }[]> {
  const all = await sql<{ name: string; owned: boolean }>(
    databaseUrl,
    `select relname as name, exists (select from pg_attribute where attrelid = c.oid and attname = 'tenant_id') as owned
     from pg_class c where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
       and relname <> all($1::text[]) order by relname`,
    [moving],
  )
  return all.map(({ name, owned }) => {
    if (name === 'tenant') return { name, column: 'id' }
    return { name, column: owned ? 'tenant_id' : null }
  })
}
