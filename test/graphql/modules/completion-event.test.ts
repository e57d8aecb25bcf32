import { expect, it } from 'vitest'
import { createLiveCompletions } from '#gateway/live-completions.ts'
import { startGraphqlServer } from '#test/support/graphql-server.ts'
import { RawSocket } from '#test/support/graphql-socket.ts'
import { failing, troubledGateway } from '#test/support/troubled-gateway.ts'

const stream = `subscription S($input: CompletionInput!) { completionStream(input: $input) {
  __typename seq
  ... on CompletionStarted { providerName }
  ... on CompletionFellBack {
    nextProviderName failed { index providerName model status error { code message } } } } }`

it('tells a subscriber of the target that failed before the next one is asked', async () => {
  const { gateway, clock } = troubledGateway({
    a: { plays: [failing('PROVIDER_AUTH')] },
    b: { plays: [{ says: ['hello'] }] },
  })
  const live = createLiveCompletions({ gateway, clock })
  const server = await startGraphqlServer({ services: { gateway, live } })
  const socket = new RawSocket(server.socketUrl)
  await socket.acknowledged()
  const input = { model: 'a-route', messages: [{ role: 'USER', content: [{ text: 'hi' }] }] }
  socket.subscribe('s', stream, { input })
  await socket.until(({ type }) => type === 'complete')
  expect(socket.results('s').slice(0, 3)).toEqual([
    { __typename: 'CompletionStarted', seq: 0, providerName: 'a' },
    {
      __typename: 'CompletionFellBack',
      seq: 1,
      nextProviderName: 'b',
      failed: {
        index: 0,
        providerName: 'a',
        model: 'm',
        status: 'FAILED',
        error: { code: 'PROVIDER_AUTH', message: 'PROVIDER_AUTH happened.' },
      },
    },
    { __typename: 'CompletionStarted', seq: 2, providerName: 'b' },
  ])
  await socket.lose()
  await server.close()
})
