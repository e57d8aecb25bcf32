import { expect, it } from 'vitest'
import { GatewayError } from '#domain/errors.ts'
import {
  answerOf,
  callRequest,
  endChunk,
  fakeGateway,
  scriptedAdapter,
  textChunk,
} from '#test/support/fake-gateway.ts'

/** An answer of two chunks, and whether whoever makes it was told to stop. */
async function answered() {
  const told = { stopped: false }
  const chunks = async function* () {
    try {
      yield textChunk('Hel')
      yield endChunk()
    } finally {
      told.stopped = true
    }
  }
  const fake = fakeGateway(scriptedAdapter(async () => answerOf(chunks())))
  const call = fake.gateway.open(callRequest())
  const { chunks: read } = await fake.gateway.run(call)
  return { ...fake, call, told, read: read[Symbol.asyncIterator]() }
}

it('stops whoever makes the answer when its reader leaves, and settles once', async () => {
  const { read, records, told } = await answered()
  await read.next()
  await read.return?.()
  await read.return?.()
  expect(told.stopped).toBe(true)
  expect(records.ended.map(({ status }) => status)).toEqual(['CANCELLED'])
  expect(await read.next()).toEqual({ done: true, value: undefined })
})

it('lets whoever made the answer go when it has ended', async () => {
  const { read, records, told } = await answered()
  await read.next()
  await read.next()
  await read.return?.()
  expect(told.stopped).toBe(true)
  expect(records.ended.map(({ status }) => status)).toEqual(['SUCCEEDED'])
})

it('settles once when the reader leaves while it waits', async () => {
  const { promise, reject } = Promise.withResolvers<never>()
  const { gateway, records } = fakeGateway(
    scriptedAdapter(async ({ cancellation }) => {
      cancellation.onCancel(reject)
      return answerOf(
        (async function* () {
          yield textChunk('Hel')
          await promise
        })(),
      )
    }),
  )
  const { chunks } = await gateway.run(gateway.open(callRequest()))
  const read = chunks[Symbol.asyncIterator]()
  await read.next()
  const waiting = read.next()
  const left = read.return?.()
  await expect(waiting).rejects.toBeInstanceOf(GatewayError)
  await left
  expect(records.ended.map(({ status }) => status)).toEqual(['CANCELLED'])
})
