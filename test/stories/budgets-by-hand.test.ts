import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { breachesOf } from '../support/allowances.ts'
import { post } from '../support/graphql-server.ts'
import { createDatabase, type TestDatabase } from '../support/postgres.ts'
import {
  type RunningServer,
  type ServerFolder,
  serverFolder,
  startServer,
} from '../support/server.ts'

let database: TestDatabase
let desk: RunningServer
let gateway: RunningServer
const folders: ServerFolder[] = []

beforeAll(async () => {
  database = await createDatabase()
  ;[desk, gateway] = await Promise.all([start(), start()])
}, 60_000)

afterAll(async () => {
  await Promise.all([desk?.stop(), gateway?.stop()])
  await database?.drop()
  for (const folder of folders) folder.remove()
})

function start(): Promise<RunningServer> {
  const folder = serverFolder()
  folders.push(folder)
  return startServer({ ...folder.env, DATABASE_URL: database.url })
}

interface Found {
  readonly id: string
  readonly spent: string
  readonly reserved: string
  readonly used: number
  readonly remaining: number
  readonly throttledLastHour: number
}

async function ask<Data>(query: string, variables: object = {}, server = desk): Promise<Data> {
  const { json } = await post(`${server.origin}/graphql`, { query, variables })
  expect(json.errors).toBeUndefined()
  return json.data as Data
}

/** Calls, by default, the replica at which nobody changed anything. @returns What became of it. */
async function complete({ model = 'simulator:fast', server = gateway } = {}): Promise<string> {
  const { createCompletion } = await ask<{ createCompletion: { __typename: string } }>(
    `mutation { createCompletion(input: {model: "${model}", maxOutputTokens: 50, messages: [{role: USER, content: [{text: "hi"}]}]}) {
      __typename ... on BudgetExceededError { budget { name } } ... on QuotaExceededError { quota { name } } } }`,
    {},
    server,
  )
  return createCompletion.__typename
}

const scope = '{kind: PROVIDER, value: "simulator"}'

it('a budget is kept from the next call on where it was made', async () => {
  const outcomes = []
  for (let round = 0; round < 20; round++) {
    const { createBudget } = await ask<{ createBudget: { budget: Found } }>(
      `mutation { createBudget(input: {scope: {kind: MODEL, value: "simulator:echo"}, name: "None", limit: "0", period: TOTAL}) {
        ... on BudgetSuccess { budget { id } } } }`,
    )
    outcomes.push(await complete({ model: 'simulator:echo', server: desk }))
    await ask('mutation($id: ID!) { deleteBudget(input: {id: $id}) { __typename } }', {
      id: createBudget.budget.id,
    })
  }
  expect(new Set(outcomes)).toEqual(new Set(['BudgetExceededError']))
})

it('a quota made at one replica is kept by another, and each raise counts from the next call', async () => {
  const { createQuota } = await ask<{ createQuota: { quota: Found } }>(
    `mutation { createQuota(input: {scope: ${scope}, name: "Few", unit: REQUESTS, limit: 0, window: DAY}) {
      ... on QuotaSuccess { quota { id } } } }`,
  )
  const { id } = createQuota.quota
  await vi.waitFor(async () => expect(await complete()).toBe('QuotaExceededError'), 5000)
  await ask(
    'mutation($id: ID!) { updateQuota(input: {id: $id, expectedVersion: 1, limit: 2}) { __typename } }',
    { id },
  )
  const outcomes = [await complete(), await complete(), await complete()]
  expect(outcomes).toEqual([
    'CreateCompletionSuccess',
    'CreateCompletionSuccess',
    'QuotaExceededError',
  ])
  const { node } = await ask<{ node: Found }>(
    'query($id: ID!) { node(id: $id) { ... on Quota { used remaining throttledLastHour } } }',
    { id },
  )
  expect(node).toMatchObject({ used: 2, remaining: 0 })
  expect(node.throttledLastHour).toBeGreaterThanOrEqual(2)
  await ask('mutation($id: ID!) { deleteQuota(input: {id: $id}) { __typename } }', { id })
  await vi.waitFor(async () => expect(await complete()).toBe('CreateCompletionSuccess'), 5000)
})

it('a budget that only told begins to block, is raised, paused and exhausted', async () => {
  const { createBudget } = await ask<{ createBudget: { budget: Found } }>(
    `mutation { createBudget(input: {scope: ${scope}, name: "Cents", limit: "0", period: TOTAL, action: NOTIFY}) {
      ... on BudgetSuccess { budget { id } } } }`,
  )
  const { id } = createBudget.budget
  let version = 0
  const change = (input: object) => {
    version++
    return ask(
      `mutation($input: UpdateBudgetInput!) { updateBudget(input: $input) { __typename ... on Error { message } } }`,
      { input: { id, expectedVersion: version, ...input } },
    )
  }
  const stands = async () =>
    (
      await ask<{ node: Found }>(
        'query($id: ID!) { node(id: $id) { ... on Budget { spent reserved remaining } } }',
        { id },
      )
    ).node
  await vi.waitFor(async () => {
    expect(await complete()).toBe('CreateCompletionSuccess')
    expect(Number((await stands()).spent)).toBeGreaterThan(0)
  }, 5000)
  await change({ action: 'BLOCK' })
  await vi.waitFor(async () => expect(await complete()).toBe('BudgetExceededError'), 5000)
  const before = await stands()
  await change({ limit: '1' })
  expect(await complete()).toBe('CreateCompletionSuccess')
  const after = await stands()
  expect(Number(after.spent)).toBeGreaterThan(Number(before.spent))
  expect(after.reserved).toBe('0')
  await change({ limit: '0' })
  expect(await complete()).toBe('BudgetExceededError')
  await change({ paused: true })
  expect(await complete()).toBe('CreateCompletionSuccess')
  expect((await stands()).spent).toBe(after.spent)
  expect(await breachesOf(database.url)).toEqual([])
})
