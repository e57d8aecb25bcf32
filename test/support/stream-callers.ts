import { once } from 'node:events'
import { WebSocket } from 'ws'

/** A call that goes on. */
export interface StreamCaller {
  /** Resolves when the first words have come; at once where none come before the end. */
  readonly begun: Promise<void>
  /** Resolves with the whole text; undefined where the answer did not come to its proper end. */
  readonly text: Promise<string | undefined>
  /** Wants no more of it, and says so as the surface has it. Resolves when the server knows, where it says so. */
  leave(): void | Promise<void>
}

/** Calls by one surface; the id is the message. */
export type Surface = (origin: string, id: string) => StreamCaller

const model = 'openai:gpt-4.1-mini'
const input = (id: string) => ({ model, messages: [{ role: 'USER', content: [{ text: id }] }] })
const stream = `subscription S($input: CompletionInput!) { completionStream(input: $input) {
  __typename ... on CompletionTextDelta { text } ... on CompletionFinished { completion { text } } } }`

const post = (url: string, { body, signal }: { body: unknown; signal: AbortSignal }) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream, application/json' },
    body: JSON.stringify(body),
    signal,
  })

/** Reads a body piece by piece; what breaks off has no text. */
function reading(
  answer: Promise<Response>,
  { textOf, leave }: { textOf: (body: string) => string | undefined; leave: () => void },
): StreamCaller {
  const begun = Promise.withResolvers<void>()
  const read = async () => {
    const response = await answer
    const decoder = new TextDecoder()
    let body = ''
    for await (const part of response.body ?? []) {
      body += decoder.decode(part, { stream: true })
      if (body.includes('word0')) begun.resolve()
    }
    return textOf(body)
  }
  return { begun: begun.promise, text: read().catch(() => undefined), leave }
}

const framesOf = (body: string) =>
  body.split('\n\n').flatMap((frame) => /^data: ?(\{.*\})$/m.exec(frame)?.[1] ?? [])

const chat = (origin: string, { id, ...over }: { id: string; stream: boolean }) => {
  const abort = new AbortController()
  const body = { model, messages: [{ role: 'user', content: id }], ...over }
  return {
    answer: post(`${origin}/v1/chat/completions`, { body, signal: abort.signal }),
    leave: () => abort.abort(),
  }
}

export const restStream: Surface = (origin, id) => {
  const { answer, leave } = chat(origin, { id, stream: true })
  const textOf = (body: string) =>
    body.endsWith('data: [DONE]\n\n')
      ? framesOf(body)
          .map((frame) => JSON.parse(frame).choices[0]?.delta.content ?? '')
          .join('')
      : undefined
  return reading(answer, { textOf, leave })
}

export const restWhole: Surface = (origin, id) => {
  const { answer, leave } = chat(origin, { id, stream: false })
  const textOf = (body: string) => JSON.parse(body).choices?.[0].message.content
  return { ...reading(answer, { textOf, leave }), begun: Promise.resolve() }
}

export const graphqlSse: Surface = (origin, id) => {
  const abort = new AbortController()
  const body = { query: stream, variables: { input: input(id) } }
  const answer = post(`${origin}/graphql`, { body, signal: abort.signal })
  const textOf = (all: string) =>
    framesOf(all)
      .map((frame) => JSON.parse(frame).data.completionStream.completion?.text)
      .at(-1)
  return reading(answer, { textOf, leave: () => abort.abort() })
}

const subscription =
  (leave: (socket: WebSocket) => void): Surface =>
  (origin, id) => {
    const begun = Promise.withResolvers<void>()
    const text = Promise.withResolvers<string | undefined>()
    const socket = new WebSocket(`${origin.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
    const payload = { query: stream, variables: { input: input(id) } }
    let last: string | undefined
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString())
      if (message.type === 'connection_ack')
        socket.send(JSON.stringify({ id, type: 'subscribe', payload }))
      const event = message.payload?.data?.completionStream
      if (event?.text) begun.resolve()
      last = event?.completion?.text
      if (message.type === 'next') finished = last ?? finished
      if (message.type === 'complete') text.resolve(finished)
    })
    let finished: string | undefined
    socket.on('error', () => {})
    socket.on('close', () => text.resolve(undefined))
    void once(socket, 'open').then(() => socket.send(JSON.stringify({ type: 'connection_init' })))
    return { begun: begun.promise, text: text.promise, leave: () => leave(socket) }
  }

/** Leaves by completing the operation. */
export const graphqlSocket: Surface = (origin, id) =>
  subscription((socket) => {
    socket.send(JSON.stringify({ id, type: 'complete' }))
    socket.close()
  })(origin, id)

/** Leaves as if the network had failed. */
export const lostSocket = subscription((socket) => socket.terminate())

/** Begins a completion that belongs to no socket, and leaves by cancelling it. */
export const startedCompletion: Surface = (origin, id) => {
  const { signal } = new AbortController()
  const ask = async (query: string, variables: object) =>
    (await (await post(`${origin}/graphql`, { body: { query, variables }, signal })).json()).data
  const started = ask(
    `mutation($input: CompletionInput!) { startCompletion(input: $input) {
      ... on StartCompletionSuccess { completionId } } }`,
    { input: input(id) },
  ).then(({ startCompletion }) => String(startCompletion.completionId))
  return {
    begun: started.then(() => {}),
    text: new Promise(() => {}),
    async leave() {
      const cancel = `mutation($id: ID!) { cancelCompletion(input: { completionId: $id }) { __typename } }`
      await ask(cancel, { id: await started })
    },
  }
}
