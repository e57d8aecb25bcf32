import { afterEach, expect, it } from 'vitest'
import { endChunk, textChunk } from '#test/support/fake-gateway.ts'
import { type GraphqlServer, post, startGraphqlServer } from '#test/support/graphql-server.ts'
import { RawSocket } from '#test/support/graphql-socket.ts'
import { openTap } from '#test/support/tap-provider.ts'

let served: GraphqlServer
afterEach(() => served.close())

const begin = `mutation($input: CompletionInput!) { startCompletion(input: $input) {
  ... on StartCompletionSuccess { completionId } } }`
const input = { model: 'openai:gpt-test', messages: [{ role: 'USER', content: [{ text: 'hi' }] }] }
const follow = `subscription($id: ID!, $after: Int!) {
  completionEvents(completionId: $id, afterSeq: $after) {
    __typename seq ... on CompletionTextDelta { text } ... on CompletionFinished { completion { text } } } }`

const words = Array.from({ length: 12 }, (_, index) => `word${index} `)

interface StreamEvent {
  readonly __typename: string
  readonly seq: number
  readonly text?: string
  readonly completion?: { readonly text: string }
}

/** Follows behind `after` on a socket of its own, which is lost when something has come. */
async function hear(id: string, after: number): Promise<readonly StreamEvent[]> {
  const socket = new RawSocket(served.socketUrl)
  await socket.acknowledged()
  socket.subscribe('1', follow, { id, after })
  await socket.until(({ type }) => type === 'next')
  await socket.lose()
  return socket.results('1') as unknown as StreamEvent[]
}

it.each([1, 2, 3, 5])(
  'a stream whose socket is lost after every %i words is told once, on the next socket, while it goes on',
  async (count) => {
    const tap = openTap()
    served = await startGraphqlServer({ adapter: tap.adapter })
    const { json } = await post(served.url, { query: begin, variables: { input } })
    const { completionId: id } = (json.data as { startCompletion: { completionId: string } })
      .startCompletion
    const heard: StreamEvent[] = []
    const left = words.map(textChunk)
    while (heard.at(-1)?.__typename !== 'CompletionFinished') {
      const hearing = hear(id, heard.length - 1)
      tap.write(...left.splice(0, count), ...(left.length === 0 ? [endChunk()] : []))
      heard.push(...(await hearing))
    }
    expect(heard.map(({ seq }) => seq)).toEqual(heard.map((_, index) => index))
    expect(heard.map(({ text }) => text ?? '').join('')).toBe(words.join(''))
    expect(heard.at(-1)?.completion?.text).toBe(words.join(''))
    expect(tap.calls).toHaveLength(1)
  },
)
