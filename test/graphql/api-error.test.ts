import { afterEach, expect, it } from 'vitest'
import { memoryCounters } from '#limits/memory-counters.ts'
import { createRateLimits } from '#limits/rate-limits.ts'
import { FakeClock } from '#test/support/fake-gateway.ts'
import { type GraphqlServer, post, startGraphqlServer } from '#test/support/graphql-server.ts'
import { rateRule } from '#test/support/rate-rule.ts'

const open: GraphqlServer[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

const input = '{model: "openai:gpt-test", messages: [{role: USER, content: [{text: "hi"}]}]}'
const refusal =
  '__typename ... on RateLimitedError { code policy limit remaining retryAfterMs retryable }'

it('says in its own type which rate limit refused, and when to come back', async () => {
  const clock = new FakeClock()
  const rateLimits = createRateLimits({ countersFor: memoryCounters(() => clock.now()), clock })
  rateLimits.activate([rateRule({ name: 'per-key', limit: 1 })])
  const server = await startGraphqlServer({ clock, rateLimits })
  open.push(server)
  const complete = async () => {
    const query = `mutation { createCompletion(input: ${input}) { ${refusal} } }`
    const { json } = await post(server.url, { query })
    return json.data?.['createCompletion']
  }
  expect(await complete()).toEqual({ __typename: 'CreateCompletionSuccess' })
  expect(await complete()).toEqual({
    __typename: 'RateLimitedError',
    code: 'RATE_LIMITED',
    policy: 'per-key',
    limit: 1,
    remaining: 0,
    retryAfterMs: expect.any(Number),
    retryable: true,
  })
  const query = `mutation { startCompletion(input: ${input}) { ${refusal} } }`
  const { json } = await post(server.url, { query })
  expect(json.data?.['startCompletion']).toMatchObject({ policy: 'per-key' })
})
