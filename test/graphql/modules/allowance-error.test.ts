import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { Allowance } from '#domain/allowance.ts'
import { exceeded } from '#domain/allowance-refusal.ts'
import { encodeGlobalId } from '#graphql/global-id.ts'
import { createAllowance } from '../../support/allowances.ts'
import { openAllowances } from '../../support/allowance-desk.ts'
import { scriptedAdapter } from '../../support/fake-gateway.ts'
import { post, startGraphqlServer } from '../../support/graphql-server.ts'
import { createDatabase, type TestDatabase } from '../../support/postgres.ts'
import { sql } from '../../support/store.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await createDatabase()
})

afterAll(() => database.drop())

const query = `mutation { createCompletion(input: {model: "openai:gpt-test", messages: [{role: USER, content: [{text: "hi"}]}]}) {
  __typename
  ... on Error { code retryable message }
  ... on BudgetExceededError { budget { id name version } spent reserved limit resetsAt }
  ... on QuotaExceededError { quota { id unit limit } resetsAt }
} }`

/** Runs a completion that an allowance refuses. */
async function refusedBy(allowance: Allowance) {
  const refused = {
    allowance,
    spent: 30n * 10n ** 10n,
    held: 5n,
    resetsAt: Date.parse('2026-12-01T00:00:00Z'),
  }
  const adapter = scriptedAdapter(() => Promise.reject(exceeded(refused, 60_000)))
  const server = await startGraphqlServer({
    adapter,
    services: { allowances: openAllowances(database.url) },
  })
  onTestFinished(() => server.close())
  const { json } = await post(server.url, { query })
  return { shown: json.data?.['createCompletion'], record: server.records.ended.at(-1) }
}

describe('a completion that is refused', () => {
  it('by a budget shows the budget, what is spent and held, and when it resets', async () => {
    const budget = await createAllowance(database.url, { name: 'Team', limit: 30n * 10n ** 10n })
    const { shown, record } = await refusedBy(budget)
    expect(record).toMatchObject({ errorCode: 'BUDGET_EXCEEDED', refusedBy: budget.id })
    expect(shown).toMatchObject({
      __typename: 'BudgetExceededError',
      code: 'BUDGET_EXCEEDED',
      retryable: false,
      budget: { id: encodeGlobalId('Budget', budget.id), name: 'Team', version: 1 },
      spent: '30',
      reserved: '0.0000000005',
      limit: '30',
      resetsAt: '2026-12-01T00:00:00.000Z',
    })
  })

  it('by a quota shows the quota, and when it resets', async () => {
    const quota = await createAllowance(database.url, {
      kind: 'QUOTA',
      unit: 'REQUESTS',
      limit: 3n,
    })
    expect((await refusedBy(quota)).shown).toMatchObject({
      __typename: 'QuotaExceededError',
      code: 'QUOTA_EXCEEDED',
      quota: { id: encodeGlobalId('Quota', quota.id), unit: 'REQUESTS', limit: 3 },
      resetsAt: '2026-12-01T00:00:00.000Z',
    })
  })

  it('shows it even if somebody has deleted it since', async () => {
    const budget = await createAllowance(database.url, { name: 'Gone' })
    await sql(database.url, 'update allowance set deleted_at = now() where id = $1', [budget.id])
    expect((await refusedBy(budget)).shown).toMatchObject({ budget: { name: 'Gone' } })
  })
})
