import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { defaultTenantId } from '#domain/access.ts'
import type { Allowance } from '#domain/allowance.ts'
import { breachesOf, createAllowance } from '../support/allowances.ts'
import { createDatabase, type TestDatabase } from '../support/postgres.ts'
import { serverFolder, startServer } from '../support/server.ts'
import { sql } from '../support/store.ts'
import { type BillingProvider, startBillingProvider } from './billing-provider.ts'
import { type BudgetRun, spendUntilRefused, type Standing } from './budget-run.ts'
import { doors } from './budget-spender.ts'
import { startNaiveGateway } from './naive-gateway.ts'

let provider: BillingProvider
let database: TestDatabase
beforeEach(async () => {
  provider = await startBillingProvider()
  database = await createDatabase()
})
afterEach(async () => {
  await provider.close()
  await database.drop()
})

/** The whole product twice, on one database. */
async function startReplicas(): Promise<readonly string[]> {
  const start = async () => {
    const folder = serverFolder()
    const server = await startServer({
      // Two replicas, their callers and Postgres on one machine: all are late.
      ORCHESTRATOR_SHED_LAG_MS: '0',
      ...folder.env,
      DATABASE_URL: database.url,
      OPENAI_API_KEY: 'test',
      OPENAI_BASE_URL: provider.baseUrl,
    })
    onTestFinished(async () => {
      await server.stop('SIGKILL')
      folder.remove()
    })
    return server.origin
  }
  return [await start(), await start()]
}

const budget = (name: string, over: Partial<Allowance> = {}) =>
  createAllowance(database.url, { name, ...over })

/** At least 99 % of it could be used. */
const isUsedUp = ({ spent, limit }: Standing) => spent * 100n >= limit * 99n

function expectKept(run: BudgetRun): void {
  expect(run.odd).toEqual([])
  expect(run.overdrawn).toEqual([])
  expect(run.uncovered).toBe(0)
  expect(run.looks).toBeGreaterThan(20)
  for (const { spent, held, limit } of run.budgets) {
    expect(held).toBe(0n)
    expect(spent).toBeLessThanOrEqual(limit)
  }
}

describe('a blocking budget', () => {
  it('is used to the full and never overrun by two replicas with 400 callers each', async () => {
    const team = await budget('Team', { limit: 1_500_000_000n })
    const run = await spendUntilRefused({
      origins: await startReplicas(),
      databaseUrl: database.url,
      provider,
      budgets: [team],
      callers: 400,
      doors,
    })
    expectKept(run)
    const [standing] = run.budgets as [Standing]
    expect(run.bill).toBe(standing.spent)
    expect(isUsedUp(standing)).toBe(true)
    expect(run.outcomes).toMatchObject({ EXCEEDED: 800, ODD: 0 })
    expect(run.outcomes.DONE).toBeGreaterThan(2000)
    expect(await breachesOf(database.url)).toEqual([])
  })

  it('is overrun in the same harness by gateways that look first and charge later', async () => {
    const team = await budget('Team', { limit: 50_000_000n })
    await sql(
      database.url,
      `insert into allowance_window (allowance_id, tenant_id, unit, starts_at, ceiling) values ($1, $2, 'TICKS', now(), 0)`,
      [team.id, defaultTenantId],
    )
    const start = () =>
      startNaiveGateway({ databaseUrl: database.url, budget: team, providerUrl: provider.baseUrl })
    const gateways = [await start(), await start()]
    const run = await spendUntilRefused({
      origins: gateways.map(({ origin }) => origin),
      databaseUrl: database.url,
      provider,
      budgets: [team],
      callers: 400,
      doors: ['REST'],
    })
    await Promise.all(gateways.map((gateway) => gateway.close()))
    expect(run.odd).toEqual([])
    expect(run.bill).toBeGreaterThan((team.limit * 11n) / 10n)
    expect(run.overdrawn).not.toEqual([])
    expect(run.uncovered).toBeGreaterThan(0)
  })

  it('is one of four that are reserved together, and the tightest refuses by its name', async () => {
    const budgets = [
      await budget('Tenant', { limit: 2_000_000_000n }),
      await budget('Provider', {
        limit: 1_000_000_000n,
        scope: { kind: 'PROVIDER', value: 'openai' },
      }),
      await budget('Model', {
        limit: 420_000_000n,
        scope: { kind: 'MODEL', value: 'openai:gpt-4.1-mini' },
      }),
      await budget('Ann', { limit: 180_000_000n, scope: { kind: 'END_USER', value: 'ann' } }),
      await budget('Bob', { limit: 1_000_000_000n, scope: { kind: 'END_USER', value: 'bob' } }),
    ]
    const run = await spendUntilRefused({
      origins: await startReplicas(),
      databaseUrl: database.url,
      provider,
      budgets,
      callers: 60,
      doors,
      endUsers: ['ann', 'bob'],
    })
    expectKept(run)
    const of = (name: string) => run.budgets.find((each) => each.name === name)!
    for (const level of ['Tenant', 'Provider', 'Model']) expect(of(level).spent).toBe(run.bill)
    expect(of('Ann').spent + of('Bob').spent).toBe(run.bill)
    expect([isUsedUp(of('Ann')), isUsedUp(of('Model'))]).toEqual([true, true])
    const names = [...run.refusals].map((message) => /“(\w+)”/.exec(message)?.[1])
    expect(new Set(names)).toEqual(new Set(['Ann', 'Model']))
    expect(await breachesOf(database.url)).toEqual([])
  })
})
