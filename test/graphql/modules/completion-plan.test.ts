import { afterEach, expect, it } from 'vitest'
import { GatewayError } from '#domain/errors.ts'
import { allowanceState, anAllowance } from '#test/support/an-allowance.ts'
import { noAllowanceSource } from '#test/support/allowance-source.ts'
import {
  type GraphqlServer,
  type GraphqlServerOptions,
  post,
  startGraphqlServer,
} from '#test/support/graphql-server.ts'

let server: GraphqlServer
afterEach(() => server.close())

const document = `query ($input: CompletionInput!) {
  explainCompletion(input: $input) {
    candidates { provider { name } model eligible reason estimatedCost }
    estimatedInputTokens
    worstCaseCost
    blockedBy {
      __typename code message
      ... on ForbiddenError { missingScopes }
      ... on ValidationError { issues { path } }
      ... on BudgetExceededError { budget { name } }
      ... on RateLimitedError { policy remaining }
    }
  }
}`

const question = {
  model: 'openai:gpt-test',
  maxOutputTokens: 50,
  messages: [{ role: 'USER', content: [{ text: 'hi' }] }],
}

async function explained(input: object = {}, options: GraphqlServerOptions = {}) {
  server = await startGraphqlServer(options)
  const variables = { input: { ...question, ...input } }
  const { json } = await post(server.url, { query: document, variables })
  return json
}

it('says where the call would go, and at what cost', async () => {
  const { data } = await explained()
  expect(data).toEqual({
    explainCompletion: {
      candidates: [
        {
          provider: { name: 'openai' },
          model: 'gpt-test',
          eligible: true,
          reason: 'It is asked first.',
          estimatedCost: expect.stringMatching(/^0\.00\d+$/),
        },
      ],
      estimatedInputTokens: expect.any(Number),
      worstCaseCost: expect.stringMatching(/^0\.00\d+$/),
      blockedBy: [],
    },
  })
  expect([server.records.begun, server.records.ended]).toEqual([[], []])
})

it('says all that would refuse it, each as the type that the contract has for it', async () => {
  const allowance = anAllowance({ limit: 1n })
  const state = allowanceState(allowance, { spent: 1n })
  const rateLimit = {
    policy: 'per-key',
    limit: 1,
    remaining: 0,
    retryAfterMs: 1000,
    ofProvider: false,
  }
  const { data } = await explained(
    {},
    {
      scopes: ['read'],
      allowances: { of: () => [allowance], allowUnpriced: false },
      standings: { find: async () => [state] },
      services: { allowances: { ...noAllowanceSource, find: async () => [state] } },
      rateLimits: {
        take: () => undefined,
        refusals: async () => [new GatewayError('RATE_LIMITED', 'Too many.', { rateLimit })],
      },
    },
  )
  expect(data).toMatchObject({
    explainCompletion: {
      blockedBy: [
        { __typename: 'ForbiddenError', code: 'FORBIDDEN', missingScopes: ['complete'] },
        { __typename: 'RateLimitedError', policy: 'per-key', remaining: 0 },
        { __typename: 'BudgetExceededError', code: 'BUDGET_EXCEEDED', budget: { name: 'Team A' } },
      ],
    },
  })
})

it('says why a target is left out', async () => {
  const { data } = await explained({ routing: { deny: ['openai:*'] } })
  expect(data).toMatchObject({
    explainCompletion: {
      candidates: [{ eligible: false, reason: 'The call denies it.' }],
      worstCaseCost: null,
      blockedBy: [{ __typename: 'ValidationError', code: 'INVALID_REQUEST' }],
    },
  })
})

it('says what is wrong with an input, and plans nothing', async () => {
  const { data } = await explained({ routing: { maxCost: '-1' } })
  expect(data).toMatchObject({
    explainCompletion: {
      candidates: [],
      blockedBy: [
        {
          __typename: 'ValidationError',
          issues: [{ path: ['input', 'routing', 'maxCost'] }],
        },
      ],
    },
  })
})
