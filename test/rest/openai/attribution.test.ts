import { afterAll, beforeAll, expect, it } from 'vitest'
import { answerOf, endChunk, scriptedAdapter } from '#test/support/fake-gateway.ts'
import { openDoor, type RestDoor } from '#test/support/rest-door.ts'

let door: RestDoor
beforeAll(async () => {
  const chunks = async function* () {
    yield endChunk()
  }
  door = await openDoor({ adapters: [scriptedAdapter(async () => answerOf(chunks()))] })
})
afterAll(() => door.close())

async function recorded(headers: Record<string, string>, user?: string) {
  const body = JSON.stringify({ model: 'openai:m', messages: [], user })
  const answer = await fetch(`${door.origin}/v1/chat/completions`, {
    method: 'POST',
    headers,
    body,
  })
  expect(answer.status).toBe(200)
  await answer.text()
  return door.records.ended.at(-1)
}

it('writes down what the caller says of a call', async () => {
  const headers = {
    'x-orchestrator-session': 's-1',
    'x-orchestrator-tags': 'a, b ,a,,',
    'x-orchestrator-metadata': '{"team":{"x":1}}',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  }
  expect(await recorded(headers, 'ann')).toMatchObject({
    clientIp: '127.0.0.1',
    endUser: 'ann',
    sessionId: 's-1',
    tags: ['a', 'b'],
    metadata: { team: { x: 1 } },
    traceId: '0af7651916cd43dd8448eb211c80319c',
    surface: 'OPENAI_CHAT',
  })
})

it('leaves out what nobody said', async () => {
  expect(await recorded({})).toMatchObject({
    endUser: null,
    sessionId: null,
    tags: [],
    metadata: null,
    traceId: null,
  })
})

it.each([
  ['x-orchestrator-metadata', 'not json'],
  ['x-orchestrator-metadata', '[1]'],
  ['x-orchestrator-metadata', '"x"'],
  ['x-orchestrator-metadata', '{"a":"\\u0000"}'],
  ['x-orchestrator-metadata', `{"a":"${'x'.repeat(5000)}"}`],
  ['traceparent', 'nonsense'],
  ['traceparent', '00-00000000000000000000000000000000-b7ad6b7169203331-01'],
  ['traceparent', 'ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
])('ignores %s: %s', async (name, value) => {
  expect(await recorded({ [name]: value })).toMatchObject({ metadata: null, traceId: null })
})

it('stores a user in one form, bounded and without control characters', async () => {
  expect((await recorded({}, `a\u0000\u0007u\u0308${'x'.repeat(1000)}`))?.endUser).toMatch(
    /^a\u00fcx{200,}$/,
  )
  expect((await recorded({}, '\u0000\n'))?.endUser).toBe(null)
})
