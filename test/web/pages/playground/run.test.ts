import { expect, it } from 'vitest'
import { type CompletionEvent, Run, type RunDoor } from '#web/pages/playground/run.svelte.ts'

type Next = (data: { completionEvents: CompletionEvent }) => void

/** A server at the end of the run's door: it starts what it is told to, and sends what the test says. */
function fakeServer(
  startResult: object = { __typename: 'StartCompletionSuccess', completionId: 'c1' },
) {
  const asked: unknown[] = []
  const subscriptions: { variables: { afterSeq: number }; next: Next; left: boolean }[] = []
  const door = {
    mutate: (_document: unknown, variables: unknown) => {
      asked.push(variables)
      return Promise.resolve({ ok: true, data: { startCompletion: startResult } })
    },
    subscribe: (_document: unknown, variables: { afterSeq: number }, sink: { next: Next }) => {
      const subscription = { variables, next: sink.next, left: false }
      subscriptions.push(subscription)
      return () => {
        subscription.left = true
      }
    },
  }
  return {
    door: door as unknown as RunDoor,
    asked,
    subscriptions,
    send: (event: Partial<CompletionEvent>) =>
      subscriptions.at(-1)?.next({
        completionEvents: {
          completionId: 'c1',
          at: '2026-11-22T10:00:00Z',
          ...event,
        } as CompletionEvent,
      }),
  }
}

const input = { model: 'simulator:fast', messages: [] }
const text = (seq: number, piece: string) =>
  ({ __typename: 'CompletionTextDelta', seq, text: piece }) as const

it('writes the pieces of the answer one after the other', async () => {
  const server = fakeServer()
  const run = new Run(server.door)
  expect(await run.start(input)).toBe('c1')
  server.send({ __typename: 'CompletionStarted', seq: 0, providerName: 'simulator', model: 'fast' })
  server.send(text(1, 'Hel'))
  server.send(text(2, 'lo'))
  expect(run.text).toBe('Hello')
  expect(run.served).toBe('simulator · fast')
})

it('shows nothing twice when events come again after a lost connection', async () => {
  const server = fakeServer()
  const run = new Run(server.door)
  await run.start(input)
  for (const event of [text(0, 'a'), text(1, 'b'), text(0, 'a'), text(1, 'b'), text(2, 'c')])
    server.send(event)
  expect(run.text).toBe('abc')
})

it('asks after a lost connection only for what has not been seen', async () => {
  const server = fakeServer()
  const run = new Run(server.door)
  await run.start(input)
  expect(JSON.parse(JSON.stringify(server.subscriptions[0]?.variables))).toMatchObject({
    afterSeq: -1,
  })
  server.send(text(0, 'a'))
  server.send(text(1, 'b'))
  expect(JSON.parse(JSON.stringify(server.subscriptions[0]?.variables))).toMatchObject({
    afterSeq: 1,
  })
})

it('shows a refusal with its request id, and follows nothing', async () => {
  const server = fakeServer({
    __typename: 'RefusedError',
    message: 'No such model.',
    code: 'MODEL_NOT_FOUND',
    requestId: 'r-1',
  })
  const run = new Run(server.door)
  expect(await run.start(input)).toBeNull()
  expect(run.state).toMatchObject({
    kind: 'failed',
    failure: { code: 'MODEL_NOT_FOUND', requestId: 'r-1' },
  })
  expect(server.subscriptions).toEqual([])
})

it('names the fields of an invalid request', async () => {
  const server = fakeServer({
    __typename: 'ValidationError',
    message: 'The request is invalid.',
    code: 'INVALID_REQUEST',
    requestId: 'r-1',
    issues: [{ path: ['temperature'], message: 'At most 2.' }],
  })
  const run = new Run(server.door)
  await run.start(input)
  expect(run.state).toMatchObject({
    failure: { message: 'The request is invalid.\ntemperature: At most 2.' },
  })
})

it('keeps what had come when the answer fails, and stops listening', async () => {
  const server = fakeServer()
  const run = new Run(server.door)
  await run.start(input)
  server.send(text(0, 'half an'))
  server.send({
    __typename: 'CompletionFailed',
    seq: 1,
    partialText: 'half an',
    error: { message: 'It was cut.', code: 'PROVIDER_NETWORK', retryable: true, requestId: 'r-1' },
  })
  expect(run.text).toBe('half an')
  expect(run.running).toBe(false)
  expect(server.subscriptions[0]?.left).toBe(true)
})

it('cancels by the id of the completion', async () => {
  const server = fakeServer()
  const run = new Run(server.door)
  await run.start(input)
  await run.stop()
  expect(server.asked.at(-1)).toEqual({ completionId: 'c1' })
})

it('forgets the last answer when the next one starts', async () => {
  const server = fakeServer()
  const run = new Run(server.door)
  await run.start(input)
  server.send(text(0, 'old'))
  await run.start(input)
  expect(run.text).toBe('')
  expect(server.subscriptions[0]?.left).toBe(true)
  server.send(text(0, 'new'))
  expect(run.text).toBe('new')
})

it('says whom it fell back from, to whom, and why, as often as it does', async () => {
  const server = fakeServer()
  const run = new Run(server.door)
  await run.start(input)
  const failed = {
    providerName: 'openai',
    model: 'gpt-test',
    error: { code: 'PROVIDER_UNAVAILABLE', message: 'openai (gpt-test) answered 503.' },
  } as const
  const fellBack = { __typename: 'CompletionFellBack', failed, nextProviderName: 'xai' } as const
  server.send({ ...fellBack, seq: 0 })
  server.send({ ...fellBack, seq: 1, failed: { ...failed, error: null } })
  expect(run.notes).toEqual([
    'Fell back from openai (gpt-test) to xai: openai (gpt-test) answered 503.',
    'Fell back from openai (gpt-test) to xai.',
  ])
})
