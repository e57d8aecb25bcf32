import { expect, it } from 'vitest'
import type { Chunk } from '#domain/chat.ts'
import {
  answerOf,
  callRequest,
  endChunk,
  scriptedAdapter,
  textChunk,
} from '#test/support/fake-gateway.ts'
import { failing, troubledGateway } from '#test/support/troubled-gateway.ts'

const unbilled = endChunk({ usage: undefined })
const thought: Chunk = { events: [{ type: 'reasoning', text: 'hm' }], producedBytes: 2 }
const brief = callRequest().request
const body = { ...brief.body, temperature: 0 }
const atZero = { request: { ...brief, body, text: JSON.stringify(body) } }

/** A first provider that breaks off after `one two `, and a second one that says those chunks. */
function brokenOff(chunks: readonly Chunk[], { takesPrefix = false } = {}) {
  const second = { isCancelled: false, isOver: false }
  const adapter = scriptedAdapter(
    async ({ cancellation, onSent }) => {
      onSent()
      cancellation.onCancel(() => (second.isCancelled = true))
      const spoken = async function* () {
        try {
          yield* chunks
        } finally {
          second.isOver = true
        }
      }
      return answerOf(spoken())
    },
    { name: 'b' },
  )
  const first = { says: ['one two '], breaks: failing('PROVIDER_NETWORK') }
  const gateway = troubledGateway({
    a: { plays: [first] },
    b: { plays: [], adapter, takesPrefix },
  })
  return { ...gateway, second }
}

it.each([
  ['begins anew', [thought, textChunk('one two three'), endChunk()], false],
  ['goes on', [thought, textChunk('three'), endChunk()], true],
])('has no thoughts of a second answer that %s', async (_how, chunks, takesPrefix) => {
  const { gateway, open } = brokenOff(chunks, { takesPrefix })
  const answer = await gateway.run(open(atZero))
  const events = []
  for await (const chunk of answer.chunks) events.push(...chunk.events)
  expect(events).toEqual([
    { type: 'text', text: 'one two ' },
    { type: 'text', text: 'three' },
  ])
})

it('counts what the second answer has said again: its provider does, too', async () => {
  const chunks = [textChunk('one '), textChunk('two '), textChunk('three'), unbilled]
  const { ask, last } = brokenOff(chunks)
  await ask(atZero)
  const alone = brokenOff(chunks)
  await alone.ask({
    ...atZero,
    routing: { allow: ['b:*'], deny: [], fallbacks: [], maxCost: null, timeoutMs: undefined },
  })
  expect(last().attempts[1]?.usage?.outputTokens).toBeGreaterThan(0)
  expect(last().attempts[1]?.usage).toEqual(alone.last().attempts[0]?.usage)
})

it('stops a second answer that is another one', async () => {
  const { ask, second } = brokenOff([textChunk('one '), textChunk('too many'), endChunk()])
  expect(await ask(atZero)).toMatchObject({ text: 'one two ', code: 'PROVIDER_PROTOCOL' })
  expect(second.isCancelled).toBe(true)
})

it('leaves the answer that is being read where its reader leaves', async () => {
  const { gateway, open, second } = brokenOff([
    textChunk('one two '),
    textChunk('three'),
    endChunk(),
  ])
  const { chunks } = await gateway.run(open(atZero))
  let count = 0
  for await (const _ of chunks) if (++count === 2) break
  expect(second).toEqual({ isCancelled: true, isOver: true })
})
