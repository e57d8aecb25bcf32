import { expect, it } from 'vitest'
import type { CallRequest } from '#gateway/call.ts'
import {
  adminViewer,
  answerOf,
  callRequest,
  endChunk,
  fakeGateway,
  scriptedAdapter,
  textChunk,
} from '../support/fake-gateway.ts'

const keyId = '019a0000-0000-7000-8000-0000000000a1'
const ofKey = (): CallRequest => ({ ...callRequest(), viewer: { ...adminViewer, apiKeyId: keyId } })

/** A gateway whose provider says one word, and the rest when it is told. */
function speaking() {
  const { promise, resolve } = Promise.withResolvers<void>()
  const adapter = scriptedAdapter(async (call) => {
    call.onSent()
    return answerOf(
      (async function* () {
        yield textChunk('one')
        await Promise.race([promise, new Promise((_, no) => call.cancellation.onCancel(no))])
        yield endChunk()
      })(),
    )
  })
  return { ...fakeGateway(adapter), finish: resolve }
}

it('a call of a viewer who lost a right ends, and is written down as cancelled', async () => {
  const { gateway, records } = speaking()
  const answer = await gateway.run(gateway.open(ofKey()))
  const chunks = answer.chunks[Symbol.asyncIterator]()
  await chunks.next()
  gateway.cut(({ apiKeyId }) => apiKeyId === keyId)
  await expect(chunks.next()).rejects.toMatchObject({ code: 'CANCELLED' })
  expect(records.ended).toMatchObject([{ status: 'CANCELLED' }])
})

it('the calls of others go on', async () => {
  const { finish, gateway } = speaking()
  const answer = await gateway.run(gateway.open(callRequest()))
  gateway.cut(({ apiKeyId }) => apiKeyId === keyId)
  finish()
  expect(await Array.fromAsync(answer.chunks)).toHaveLength(2)
})

it('a call that has ended is not kept', async () => {
  const { finish, gateway } = speaking()
  finish()
  const answer = await gateway.run(gateway.open(callRequest()))
  await Array.fromAsync(answer.chunks)
  let asked = 0
  gateway.cut(() => {
    asked++
    return true
  })
  expect(asked).toBe(0)
})
