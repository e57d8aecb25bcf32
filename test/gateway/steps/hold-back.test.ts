import { expect, it } from 'vitest'
import type { Chunk } from '#domain/chat.ts'
import { answerOf, endChunk, scriptedAdapter, textChunk } from '#test/support/fake-gateway.ts'
import { failing, troubledGateway } from '#test/support/troubled-gateway.ts'

const guarded = { route: { streamGuard: 'BUFFER' as const } }

const saying = (end: ReturnType<typeof endChunk>) =>
  scriptedAdapter(async ({ onSent }) => {
    onSent()
    const chunks = async function* () {
      for (const text of ['one ', 'two ', 'three']) yield textChunk(text)
      yield end
    }
    return answerOf(chunks())
  })

async function* breaking(): AsyncGenerator<Chunk> {
  yield* []
  throw failing('PROVIDER_NETWORK')
}

it('charges a guarded answer as its provider does, also where its caller leaves before its end', async () => {
  const { gateway, open, last } = troubledGateway(
    { a: { plays: [], adapter: saying(endChunk()) } },
    guarded,
  )
  const { chunks } = await gateway.run(open())
  for await (const _ of chunks) break
  expect(last()).toMatchObject({
    status: 'CANCELLED',
    usage: { inputTokens: 10, outputTokens: 5, source: 'PROVIDER_REPORTED' },
  })
})

it('counts what a provider has produced once, whether its caller has read it or not', async () => {
  const read = async (most: number) => {
    const adapter = saying(endChunk({ usage: undefined }))
    const { gateway, open, last } = troubledGateway({ a: { plays: [], adapter } }, guarded)
    const { chunks } = await gateway.run(open())
    let count = 0
    for await (const _ of chunks) if (++count === most) break
    return last().usage
  }
  const whole = await read(4)
  expect(whole?.source).toBe('ESTIMATED')
  expect(await read(1)).toEqual(whole)
  expect(await read(3)).toEqual(whole)
})

it('holds nothing back with a v0.7.2 file', async () => {
  const adapter = scriptedAdapter(async () => answerOf(breaking()), { legacy: true })
  const { gateway, open } = troubledGateway({ a: { plays: [], adapter } })
  const { chunks } = await gateway.run(open())
  await expect(chunks[Symbol.asyncIterator]().next()).rejects.toMatchObject({
    code: 'PROVIDER_NETWORK',
  })
})

it('takes the time that a caller takes for no stall of the provider', async () => {
  let isCancelled = false
  const adapter = scriptedAdapter(async ({ cancellation, onSent }) => {
    onSent()
    cancellation.onCancel(() => (isCancelled = true))
    const chunks = async function* () {
      yield textChunk('one')
      yield endChunk()
    }
    return answerOf(chunks())
  })
  const { gateway, open, clock } = troubledGateway({ a: { plays: [], adapter } })
  const { chunks } = await gateway.run(open())
  clock.advance(40_000)
  expect(isCancelled).toBe(false)
  for await (const _ of chunks);
})
