import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { PrismaClient } from '#generated/prisma/client.ts'
import { createModelPrices, type ModelPrices } from '#store/model-prices.ts'
import { createPrisma } from '#store/prisma.ts'
import { createDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { sql } from '#test/support/store.ts'
import { operator, viewerOf } from '#test/support/tenants.ts'

let database: TestDatabase
let prisma: PrismaClient
let prices: ModelPrices
const now = Date.parse('2026-11-23T12:00:00Z')

beforeAll(async () => {
  database = await createDatabase()
  prisma = createPrisma(database.url)
  prices = createModelPrices({ prisma, hasProvider: (name) => name === 'openai', now: () => now })
})
beforeEach(() => sql(database.url, 'truncate model_price, audit_event'))
afterAll(async () => {
  await prisma.$disconnect()
  await database.drop()
})

const by = { viewer: operator, ip: '127.0.0.1' }
const draft = {
  providerName: 'openai',
  model: 'm',
  effectiveFrom: Date.parse('2026-11-01T00:00:00Z'),
  price: {
    input: '1.25',
    output: '10',
    tiers: [{ aboveInputTokens: 9, input: '2', output: '20' }],
  },
}
const everything = { first: 10 }

describe('a price', () => {
  it('is in force as it was set', async () => {
    const { id } = await prices.set(draft, by)
    expect(await prices.current()).toEqual([
      expect.objectContaining({
        providerName: 'openai',
        model: 'm',
        price: {
          version: `api-${id}`,
          effectiveFrom: '2026-11-01T00:00:00.000Z',
          source: 'API',
          input: 12_500_000_000n,
          output: 100_000_000_000n,
          tiers: [{ aboveInputTokens: 9, input: 20_000_000_000n, output: 200_000_000_000n }],
        },
      }),
    ])
  })

  it('without a date is in force from now on', async () => {
    const { price } = await prices.set({ ...draft, effectiveFrom: undefined }, by)
    expect(price.effectiveFrom).toBe('2026-11-23T12:00:00.000Z')
  })

  it('takes the place of one from the same instant on, which is kept', async () => {
    await prices.set(draft, by)
    await prices.set({ ...draft, price: { input: '3', output: '4' } }, by)
    expect((await prices.current()).map(({ price }) => price.input)).toEqual([30_000_000_000n])
    const history = await prices.history(everything, by)
    expect(history.map(({ removedAt }) => removedAt !== null)).toEqual([false, true])
  })

  it('stands beside those of other days, and all are removed together', async () => {
    await prices.set(draft, by)
    await prices.set({ ...draft, effectiveFrom: now }, by)
    expect(await prices.current()).toHaveLength(2)
    expect(await prices.remove({ ...draft, effectiveFrom: undefined }, by)).toBe(2)
    expect(await prices.current()).toEqual([])
    expect(await prices.history(everything, by)).toHaveLength(2)
  })

  it('that is not there cannot be removed', async () => {
    await expect(prices.remove(draft, by)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it.each([
    [{ providerName: 'opnai' }, ['input', 'provider']],
    [{ model: ' ' }, ['input', 'model']],
  ])('of %o is refused', async (over, path) => {
    await expect(prices.set({ ...draft, ...over }, by)).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      details: { issues: [{ path }] },
    })
  })

  it('is set twice at once by two people without a trace of either being lost', async () => {
    await Promise.all(Array.from({ length: 5 }, () => prices.set(draft, by)))
    expect(await prices.current()).toHaveLength(1)
    expect(await prices.history(everything, by)).toHaveLength(5)
  })
})

describe('a change', () => {
  it('leaves a row that says who made it', async () => {
    await prices.set(draft, by)
    await prices.remove(draft, by)
    const rows = await sql(
      database.url,
      "select actor, action, target, after->>'input' as input from audit_event order by id",
    )
    expect(rows).toEqual([
      { actor: 'operator', action: 'setModelPrice', target: 'Model:openai:m', input: '1.25' },
      { actor: 'operator', action: 'removeModelPrice', target: 'Model:openai:m', input: null },
    ])
  })

  it.each(['OPERATOR', 'ADMIN', 'BUDGET_MANAGER'] as const)(
    'is not for the %s of a tenant: prices are of all tenants',
    async (role) => {
      const stranger = { viewer: viewerOf(role), ip: null }
      await expect(prices.set(draft, stranger)).rejects.toMatchObject({ code: 'FORBIDDEN' })
      await expect(prices.remove(draft, stranger)).rejects.toMatchObject({ code: 'FORBIDDEN' })
      await expect(prices.history(everything, stranger)).rejects.toMatchObject({
        code: 'FORBIDDEN',
      })
    },
  )
})
