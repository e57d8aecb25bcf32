import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A call as it stands at the provider; its id is the last message's text. */
export interface PatientCall {
  readonly id: string
  /** Resolves with the monotonic time at which the gateway hung up; never when it did not. */
  readonly abandoned: Promise<number>
}

/** A provider on OpenAI's wire that says half of each answer, and the rest when it is told to. */
export interface PatientProvider {
  readonly baseUrl: string
  /** The text of every answer. */
  readonly text: string
  /** How many calls it is at work for. */
  readonly working: number
  /** Resolves when the call is there. */
  arrived(id: string): Promise<PatientCall>
  /** Lets all calls go on, those to come included. */
  release(): void
  close(): Promise<void>
}

const words = Array.from({ length: 40 }, (_, index) => `word${index} `)
const half = words.length / 2

const usage = { prompt_tokens: 10, completion_tokens: words.length, total_tokens: 50 }

/** Calls whose id begins with `silent` get not even the head of their answer before the release. */
export async function startPatientProvider(): Promise<PatientProvider> {
  const calls = new Map<string, PromiseWithResolvers<PatientCall>>()
  const released = Promise.withResolvers<void>()
  let working = 0

  const callOf = (id: string) => {
    const call = calls.get(id) ?? Promise.withResolvers<PatientCall>()
    calls.set(id, call)
    return call
  }

  const answer = async (
    response: ServerResponse,
    { id, isStream }: { id: string; isStream: boolean },
  ) => {
    if (!isStream || id.startsWith('silent')) await released.promise
    if (response.destroyed) return
    if (!isStream) return writeDocument(response)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const word of words.slice(0, half)) writeChoice(response, { delta: { content: word } })
    await released.promise
    if (response.destroyed) return
    for (const word of words.slice(half)) writeChoice(response, { delta: { content: word } })
    writeChoice(response, { delta: {}, finish_reason: 'stop' })
    response.end(`data: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`)
  }

  const take = async (request: IncomingMessage, response: ServerResponse) => {
    if (request.method === 'GET') return writeJson(response, { data: [{ id: 'gpt-4.1-mini' }] })
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const { messages, stream } = JSON.parse(Buffer.concat(parts).toString())
    const id = idOf(messages)
    working++
    const abandoned = new Promise<number>((resolve) =>
      response.on('close', () => {
        working--
        if (!response.writableFinished) resolve(performance.now())
      }),
    )
    callOf(id).resolve({ id, abandoned })
    await answer(response, { id, isStream: stream === true })
  }
  const server = createServer((request, response) => {
    take(request, response).catch(() => response.destroy())
  })
  server.keepAliveTimeout = 30_000
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    text: words.join(''),
    get working() {
      return working
    },
    arrived: (id) => callOf(id).promise,
    release: () => released.resolve(),
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** The text of the last message, however it is written. */
function idOf(messages: readonly { content: string | readonly { text: string }[] }[]): string {
  const content = messages.at(-1)?.content ?? ''
  return typeof content === 'string' ? content : (content[0]?.text ?? '')
}

function writeChoice(response: ServerResponse, choice: object): void {
  const choices = [{ index: 0, finish_reason: null, ...choice }]
  response.write(`data: ${JSON.stringify({ id: 'c', model: 'gpt-4.1-mini', choices })}\n\n`)
}

function writeDocument(response: ServerResponse): void {
  const message = { role: 'assistant', content: words.join('') }
  const choices = [{ index: 0, message, finish_reason: 'stop' }]
  writeJson(response, { id: 'c', model: 'gpt-4.1-mini', choices, usage })
}

function writeJson(response: ServerResponse, document: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify(document))
}
