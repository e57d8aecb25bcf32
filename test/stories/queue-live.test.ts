import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { answerOf, endChunk, FakeClock, scriptedAdapter } from '../support/fake-gateway.ts'
import { type GraphqlServer, post, startGraphqlServer } from '../support/graphql-server.ts'
import { RawSocket } from '../support/graphql-socket.ts'

const stream = `subscription S($input: CompletionInput!) { completionStream(input: $input) {
  __typename ... on CompletionQueued { position } ... on CompletionFailed { error { code } }
} }`
const create = `mutation M($input: CompletionInput!) { createCompletion(input: $input) {
  __typename ... on Error { code } ... on OverloadedError { retryAfterMs }
} }`
const load = '{ providers { name inFlight queued } }'

let clock: FakeClock
let server: GraphqlServer
/** Who has reached the provider, in order, and what ends their calls. */
let served: { readonly user: string; finish(): void }[]

beforeEach(async () => {
  served = []
  clock = new FakeClock()
  const adapter = scriptedAdapter(
    async (call) => {
      call.onSent()
      const { promise, resolve } = Promise.withResolvers<void>()
      const [, user = ''] = /from (.*?)\./.exec(call.request.text) ?? []
      served.push({ user, finish: resolve })
      await promise
      return answerOf(
        (async function* () {
          yield endChunk()
        })(),
      )
    },
    { timeouts: { connectMs: 1e9, firstTokenMs: 1e9, stallMs: 1e9, totalMs: undefined } },
  )
  server = await startGraphqlServer({ adapter, clock, maxConcurrency: 1 })
})

afterEach(() => server.close())

const soon = (check: () => void) => vi.waitFor(check, { interval: 1, timeout: 5000 })
const queued = () => server.services.metrics.loadOf('openai').queued
const inputOf = (user: string, priority = 'NORMAL') => ({
  input: {
    model: 'openai:gpt-test',
    messages: [{ role: 'USER', content: [{ text: `from ${user}.` }] }],
    priority,
  },
})
const ask = async (user: string, priority?: string) => {
  const { json } = await post(server.url, { query: create, variables: inputOf(user, priority) })
  return json.data?.['createCompletion']
}
const servedUsers = () => served.map(({ user }) => user)
const finishLast = () => served.at(-1)?.finish()

it('whoever subscribes to a call that waits sees it come nearer', async () => {
  const others = [ask('a'), ask('b'), ask('c')]
  await soon(() => expect(queued()).toBe(2))
  const socket = new RawSocket(server.socketUrl)
  await socket.acknowledged()
  socket.subscribe('1', stream, inputOf('watcher'))
  await soon(() => expect(queued()).toBe(3))
  const { json } = await post(server.url, { query: load })
  expect(json.data?.['providers']).toEqual([{ name: 'openai', inFlight: 1, queued: 3 }])
  for (let running = 1; running <= 3; running++) {
    await soon(() => expect(served).toHaveLength(running))
    finishLast()
    await soon(() => expect(served).toHaveLength(running + 1))
    clock.advance(250)
  }
  finishLast()
  await socket.until(({ type }) => type === 'complete')
  expect(socket.results('1')).toEqual([
    { __typename: 'CompletionQueued', position: 2 },
    { __typename: 'CompletionQueued', position: 1 },
    { __typename: 'CompletionQueued', position: 0 },
    { __typename: 'CompletionStarted' },
    { __typename: 'CompletionFinished' },
  ])
  await Promise.all(others)
  socket.socket.close()
})

it('a call of low priority has its turn though critical ones never cease', async () => {
  const answers = [ask('first')]
  await soon(() => expect(served).toHaveLength(1))
  answers.push(ask('low', 'LOW'))
  await soon(() => expect(queued()).toBe(1))
  for (let turn = 1; turn <= 40 && !servedUsers().includes('low'); turn++) {
    answers.push(ask(`critical ${turn}`, 'CRITICAL'))
    await soon(() => expect(queued()).toBe(2))
    clock.advance(1000)
    finishLast()
    await soon(() => expect(served).toHaveLength(turn + 1))
  }
  // Fifteen seconds of patience, then three more that overtake it.
  expect(servedUsers().indexOf('low')).toBe(19)
  finishLast()
  await soon(() => expect(served).toHaveLength(21))
  finishLast()
  expect(await Promise.all(answers)).toHaveLength(21)
})

it('a call that has waited for a minute is told to come back', async () => {
  const running = ask('first')
  await soon(() => expect(served).toHaveLength(1))
  const late = ask('late', 'CRITICAL')
  await soon(() => expect(queued()).toBe(1))
  clock.advance(60_000)
  expect(await late).toEqual({
    __typename: 'OverloadedError',
    code: 'OVERLOADED',
    retryAfterMs: 5000,
  })
  expect(queued()).toBe(0)
  finishLast()
  expect(await running).toEqual({ __typename: 'CreateCompletionSuccess' })
})
