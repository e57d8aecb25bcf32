import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Allowance } from '#domain/allowance.ts'
import { Cancellation } from '#domain/cancellation.ts'
import { touchWindows } from '#store/allowance-edit.ts'
import { openConnection } from '#store/connection.ts'
import { createPrisma } from '#store/prisma.ts'
import type { RecordRow } from '#store/record-row.ts'
import { createReservations } from '#store/reservations.ts'
import { createAllowance } from '../support/allowances.ts'
import { createDatabase, type TestDatabase } from '../support/postgres.ts'
import { sql } from '../support/store.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await createDatabase()
})

afterAll(() => database.drop())

interface WindowRow {
  readonly ceiling: string
  readonly amount: string | null
  readonly notified: number
  readonly edited: number
}

/** A window that began `daysAgo` and is a day long. */
async function window(
  { id, tenantId, limit }: Allowance,
  { daysAgo = 0, spent = 0, held = 0, notified = 0 } = {},
): Promise<void> {
  await sql(
    database.url,
    `insert into allowance_window (allowance_id, tenant_id, unit, starts_at, ends_at, spent, held, ceiling, notified)
     select $1, $2, 'TICKS', at, at + interval '1 day', $4, $5, $6, $7
     from (select date_trunc('day', now(), 'UTC') - $3::int * interval '1 day' as at) as t`,
    [id, tenantId, daysAgo, spent, held, String(limit), notified],
  )
}

const windowsOf = ({ id }: Allowance) =>
  sql<WindowRow & Record<string, unknown>>(
    database.url,
    `select ceiling::text, amount::text, notified, edited from allowance_window where allowance_id = $1 order by starts_at`,
    [id],
  )

async function edit(before: Allowance, change: Partial<Allowance>): Promise<void> {
  const prisma = createPrisma(database.url)
  onTestFinished(() => prisma.$disconnect())
  await prisma.$transaction((tx) =>
    touchWindows(tx, { before, after: { ...before, ...change }, version: 2 }),
  )
}

const daily = (over: Partial<Allowance> = {}) =>
  createAllowance(database.url, { period: 'DAY', limit: 1000n, ...over })

describe('an edit', () => {
  it.each([
    ['raises', 1500n, '1500'],
    ['does not lower', 500n, '1000'],
  ])('%s the ceiling of the current window with the limit', async (_name, limit, ceiling) => {
    const budget = await daily()
    await window(budget)
    await edit(budget, { limit })
    expect(await windowsOf(budget)).toEqual([{ ceiling, amount: null, notified: 0, edited: 2 }])
  })

  it('leaves the old limit to the periods that are over, and to each only once', async () => {
    const budget = await daily()
    await window(budget, { daysAgo: 2 })
    await edit(budget, { limit: 1500n })
    await window(budget, { daysAgo: 1 })
    await window(budget)
    await edit({ ...budget, limit: 1500n }, { limit: 2000n })
    expect((await windowsOf(budget)).map(({ amount }) => amount)).toEqual(['1000', '1500', null])
  })

  it('lets every window keep what is there when the allowance begins to block', async () => {
    const budget = await daily({ action: 'NOTIFY' })
    await window(budget, { daysAgo: 1, spent: 5000, held: 10 })
    await window(budget, { spent: 3000, held: 200 })
    await edit(budget, { action: 'BLOCK' })
    const ceilings = (await windowsOf(budget)).map(({ ceiling }) => ceiling)
    expect(ceilings).toEqual(['5010', '3200'])
  })

  it.each([
    ['so that those which it leaves behind can be crossed again', 2000n, 0.8, 0.4],
    ['but not those which it only passes', 800n, 0.8, 0.8],
  ])('minds the thresholds, %s', async (_name, limit, notified, expected) => {
    const budget = await daily({ thresholds: [0.4, 0.8, 1] })
    await window(budget, { spent: 900, notified })
    await edit(budget, { limit })
    expect((await windowsOf(budget))[0]?.notified).toBe(expected)
  })
})

const row: RecordRow = { kind: 'begin', call: '', attempts: '', windows: [] }

/** A call that asks for 100 ticks of an allowance. */
const asking = (allowance: Allowance): RecordRow => ({
  ...row,
  reserving: {
    allowances: [allowance],
    demand: {
      inputTokens: 100,
      outputTokens: 0,
      leastOutputTokens: 0,
      price: { version: 'p', effectiveFrom: '2026-01-01T00:00:00Z', input: 1_000_000n, output: 0n },
    },
    free: [],
    cancellation: new Cancellation(),
    granted: () => row,
  },
})

describe('a call that waits for an edit to end', () => {
  it('obeys the new rule', async () => {
    const budget = await daily({ action: 'NOTIFY' })
    const connection = openConnection(database.url, { name: 'reserving' })
    onTestFinished(() => connection.close())
    const reservations = createReservations(connection)
    const ask = () => reservations.transaction([asking(budget)], async () => {})
    const first = await ask()
    expect(first.refused.size).toBe(0)
    await sql(database.url, 'update allowance_window set spent = 5000 where allowance_id = $1', [
      budget.id,
    ])

    const prisma = createPrisma(database.url)
    onTestFinished(() => prisma.$disconnect())
    const waiting = await prisma.$transaction(async (tx) => {
      const after: Allowance = { ...budget, action: 'BLOCK' }
      await touchWindows(tx, { before: budget, after, version: 2 })
      const asked = ask()
      await vi.waitFor(async () => {
        const stuck = await sql(
          database.url,
          `select from pg_stat_activity where application_name = 'reserving' and wait_event_type = 'Lock'`,
        )
        expect(stuck).toHaveLength(1)
      })
      await tx.allowance.update({ where: { id: budget.id }, data: { action: 'BLOCK', version: 2 } })
      return { asked }
    })
    const { refused } = await waiting.asked
    expect([...refused.values()].map(({ code }) => code)).toEqual(['BUDGET_EXCEEDED'])
  })
})
