import { expect, it } from 'vitest'
import { rateRule } from '#test/support/rate-rule.ts'
import { failing, troubledGateway } from '#test/support/troubled-gateway.ts'

const tokensOfB = rateRule({ only: { PROVIDER: 'b' }, unit: 'TOKENS', limit: 200 })

it('what a call took of the next provider’s tokens and did not use is given back', async () => {
  const { ask, asked } = troubledGateway(
    { a: { plays: [failing('PROVIDER_TIMEOUT')] }, b: { plays: [{ says: ['b'] }] } },
    { rateRules: [tokensOfB] },
  )
  // Each takes some 150, and uses few.
  for (let call = 0; call < 3; call++) expect(await ask()).toEqual({ text: 'b' })
  expect(asked.filter((name) => name === 'b')).toHaveLength(3)
})

it('a provider that takes as many as come is gone to at once', async () => {
  const { ask, last } = troubledGateway({
    a: { plays: [failing('PROVIDER_TIMEOUT')] },
    b: { plays: [{ says: ['b'] }] },
  })
  await ask()
  expect(last()).toMatchObject({ status: 'SUCCEEDED', queuedMs: 0 })
})
