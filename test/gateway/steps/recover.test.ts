import { describe, expect, it } from 'vitest'
import type { Recovery } from '#domain/stream-recovery.ts'
import { answerOf, callRequest, scriptedAdapter, textChunk } from '#test/support/fake-gateway.ts'
import { failing, type Play, refusing, troubledGateway } from '#test/support/troubled-gateway.ts'

const cut = failing('PROVIDER_NETWORK')
const half: Play = { says: ['one ', 'two '], breaks: cut }
const whole: Play = { says: ['one', ' two ', 'three'] }
const atZero = () => {
  const { request } = callRequest()
  const body = { ...request.body, temperature: 0 }
  return { request: { ...request, body, text: JSON.stringify(body) } }
}

describe('an answer that breaks off', () => {
  it('is taken up by another one that begins with the same text, at temperature 0', async () => {
    const { ask, attempts, last } = troubledGateway({ a: { plays: [half, whole] } })
    expect(await ask(atZero())).toEqual({ text: 'one two three' })
    expect(attempts()).toEqual(['a FAILED', 'a SUCCEEDED'])
    expect(last()).toMatchObject({ status: 'SUCCEEDED', finishReason: 'STOP' })
    expect(last().attempts[0]?.usage?.source).toBe('ESTIMATED')
    expect(last().attempts[1]?.usage?.source).toBe('PROVIDER_REPORTED')
  })

  it('is continued from its text where a prefix is taken', async () => {
    const { ask, sent } = troubledGateway({
      a: { plays: [half] },
      b: { plays: [{ says: ['three'] }], takesPrefix: true },
    })
    expect(await ask()).toEqual({ text: 'one two three' })
    const messages = sent.at(-1)?.request.body['messages']
    expect(messages).toEqual([
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: 'one two ' },
    ])
    expect(JSON.parse(sent.at(-1)?.request.text ?? '')).toEqual(sent.at(-1)?.request.body)
  })

  it('is continued from its text also by a target that has to be asked twice', async () => {
    const { ask, asked, sent } = troubledGateway({
      a: { plays: [half] },
      b: { plays: [failing('PROVIDER_UNAVAILABLE'), { says: ['three'] }], takesPrefix: true },
    })
    expect(await ask()).toEqual({ text: 'one two three' })
    expect(asked).toEqual(['a', 'b', 'b'])
    expect(sent[2]?.request.body).toEqual(sent[1]?.request.body)
  })

  it('takes a place at the provider that goes on with it', async () => {
    let breakOff = () => {}
    const broken = new Promise<void>((resolve) => (breakOff = resolve))
    const adapter = scriptedAdapter(
      async ({ onSent }) => {
        onSent()
        const chunks = async function* () {
          yield textChunk('one two ')
          await broken
          throw cut
        }
        return answerOf(chunks())
      },
      { name: 'a' },
    )
    const { open, read, gateway, asked } = troubledGateway({
      a: { plays: [], adapter },
      b: { plays: [whole], maxConcurrency: 1 },
    })
    const only = { allow: ['b:*'], deny: [], fallbacks: [], maxCost: null, timeoutMs: undefined }
    const busy = await gateway.run(open({ routing: only }))
    const reading = read(open(atZero()))
    breakOff()
    await new Promise(setImmediate)
    expect(asked).toEqual(['b'])
    for await (const _ of busy.chunks);
    expect(await reading).toEqual({ text: 'one two three' })
    expect(asked).toEqual(['b', 'b'])
  })

  it('is no matter for targets whose window was too small for it', async () => {
    const large = troubledGateway({ c: { plays: [half, whole] } })
    const { ask, asked } = troubledGateway(
      { a: { plays: [refusing('CONTEXT_LENGTH_EXCEEDED', 400)] } },
      { route: { larger: large.targets } },
    )
    expect(await ask(atZero())).toEqual({ text: 'one two three' })
    expect([asked, large.asked]).toEqual([['a'], ['c', 'c']])
  })

  it('ends as an error where neither holds', async () => {
    const { ask, asked, last } = troubledGateway({ a: { plays: [half] }, b: { plays: [whole] } })
    expect(await ask()).toMatchObject({ text: 'one two ', code: 'PROVIDER_NETWORK' })
    expect(asked).toEqual(['a'])
    expect(last()).toMatchObject({ status: 'FAILED', errorCode: 'PROVIDER_NETWORK' })
  })

  it('ends as an error where the other one says something else', async () => {
    const other: Play = { says: ['one ', 'too many'] }
    const { ask, asked, last } = troubledGateway({ a: { plays: [half, other] } })
    expect(await ask(atZero())).toMatchObject({ text: 'one two ', code: 'PROVIDER_PROTOCOL' })
    expect(asked).toHaveLength(2)
    expect(last().status).toBe('FAILED')
  })

  it('ends as an error where the other one ends before', async () => {
    const { ask } = troubledGateway({ a: { plays: [half, { says: ['one '] }] } })
    expect(await ask(atZero())).toMatchObject({ text: 'one two ', code: 'PROVIDER_PROTOCOL' })
  })

  it('is taken up elsewhere first: the same target may break at the same place', async () => {
    const { ask, asked } = troubledGateway({ a: { plays: [half] }, b: { plays: [whole] } })
    expect(await ask(atZero())).toEqual({ text: 'one two three' })
    expect(asked).toEqual(['a', 'b'])
  })

  it('is taken up twice at the most', async () => {
    const { ask, asked } = troubledGateway({ a: { plays: [half] } })
    expect(await ask(atZero())).toMatchObject({ text: 'one two ', code: 'PROVIDER_NETWORK' })
    expect(asked).toHaveLength(3)
  })

  it.each<[Recovery, string]>([
    ['FAIL', 'one two '],
    ['ALIGN', 'one two three'],
    ['CONTINUE', 'one two '],
  ])('obeys the route that says %s', async (recovery, text) => {
    const { ask } = troubledGateway({ a: { plays: [half, whole] } }, { route: { recovery } })
    expect((await ask()).text).toBe(text)
  })
})

it('a guarded answer is whole or not there', async () => {
  const guarded = { route: { streamGuard: 'BUFFER' as const } }
  const { ask, attempts } = troubledGateway({ a: { plays: [half, whole] } }, guarded)
  expect(await ask()).toEqual({ text: 'one two three' })
  expect(attempts()).toEqual(['a FAILED', 'a SUCCEEDED'])
  const broken = troubledGateway({ a: { plays: [half] } }, guarded)
  expect(await broken.ask()).toMatchObject({ text: '', code: 'PROVIDER_NETWORK' })
})
