import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

/** How the provider treats a call; the caller asks for it in a field of the request that the gateway does not know. */
export type Behaviour =
  | 'whole'
  | 'stream'
  | 'slow-stream'
  | 'cut'
  | 'slow-whole'
  | 'refuse'
  | 'overloaded'

/** A call as a caller asks for it. */
export interface Script {
  /** Names the call; where the script itself does not say it, it is OpenAI's `user`, and so recorded as its end user. */
  readonly id: string
  readonly behaviour: Behaviour
  readonly promptTokens: number
  readonly cachedTokens: number
  readonly completionTokens: number
  /** How long the provider thinks before it says anything. */
  readonly thinkMs?: number
}

/** gpt-4.1-mini: USD 0.40, cached 0.10, output 1.60 per million tokens, in ticks per token. */
const ticks = { input: 4000n, cached: 1000n, output: 16_000n }

export interface BillingProvider {
  readonly baseUrl: string
  /** What the provider would put on its invoice, in ticks, by the call's id. Refused calls are not on it. */
  readonly bill: ReadonlyMap<string, bigint>
  /** How many times a call arrived. */
  readonly received: ReadonlyMap<string, number>
  close(): Promise<void>
}

/** A provider on OpenAI's wire that keeps its own bill: it charges for what it produced, whoever was left to read it. */
export async function startBillingProvider(): Promise<BillingProvider> {
  const bill = new Map<string, bigint>()
  const received = new Map<string, number>()
  const charge = (script: Script, completionTokens: number) => {
    const uncached = BigInt(script.promptTokens - script.cachedTokens) * ticks.input
    const cached = BigInt(script.cachedTokens) * ticks.cached
    bill.set(script.id, uncached + cached + BigInt(completionTokens) * ticks.output)
  }
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { user, script, ...limits } = JSON.parse(await text(request))
    const mostTokens = limits.max_completion_tokens ?? limits.max_tokens ?? Infinity
    const completionTokens = Math.min(script.completionTokens, mostTokens)
    const asked: Script = { id: user, ...script, completionTokens }
    received.set(asked.id, (received.get(asked.id) ?? 0) + 1)
    if (asked.thinkMs !== undefined) await pause(asked.thinkMs)
    await answers[asked.behaviour](asked, { response, charge })
  }
  const server = createServer((request, response) => {
    response.on('error', () => {})
    answer(request, response).catch(() => response.destroy())
  })
  server.keepAliveTimeout = 30_000
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    bill,
    received,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

interface Till {
  readonly response: ServerResponse
  charge(script: Script, completionTokens: number): void
}

const answers: Record<Behaviour, (script: Script, till: Till) => Promise<void>> = {
  async whole(script, { response, charge }) {
    charge(script, script.completionTokens)
    sendJson(response, { status: 200, body: document(script) })
  },
  async 'slow-whole'(script, { response, charge }) {
    charge(script, script.completionTokens)
    await pause(200)
    sendJson(response, { status: 200, body: document(script) })
  },
  async stream(script, till) {
    await stream(script, { ...till, pauseMs: 0, cutAfter: Infinity })
  },
  async 'slow-stream'(script, till) {
    await stream(script, { ...till, pauseMs: 5, cutAfter: Infinity })
  },
  async cut(script, till) {
    await stream(script, { ...till, pauseMs: 0, cutAfter: Math.ceil(script.completionTokens / 2) })
  },
  async refuse(_script, { response }) {
    const error = {
      message: 'bad parameter',
      type: 'invalid_request_error',
      param: null,
      code: null,
    }
    sendJson(response, { status: 400, body: { error } })
  },
  async overloaded(_script, { response }) {
    sendJson(response, {
      status: 503,
      body: { error: { message: 'busy', code: 'server_is_overloaded' } },
    })
  },
}

async function stream(
  script: Script,
  { response, charge, pauseMs, cutAfter }: Till & { pauseMs: number; cutAfter: number },
): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (let token = 0; token < script.completionTokens; token++) {
    if (response.destroyed) return
    if (token >= cutAfter) {
      response.destroy()
      return
    }
    charge(script, token + 1)
    sendFrame(
      response,
      chunk([{ index: 0, delta: { content: ` word${token}` }, finish_reason: null }]),
    )
    if (pauseMs > 0) await pause(pauseMs)
  }
  charge(script, script.completionTokens)
  sendFrame(response, chunk([{ index: 0, delta: {}, finish_reason: 'stop' }]))
  sendFrame(response, { ...chunk([]), usage: usage(script) })
  response.end('data: [DONE]\n\n')
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

const chunk = (choices: unknown[]) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1_790_000_000,
  model: 'gpt-4.1-mini',
  choices,
})

const usage = (script: Script) => ({
  prompt_tokens: script.promptTokens,
  completion_tokens: script.completionTokens,
  total_tokens: script.promptTokens + script.completionTokens,
  prompt_tokens_details: { cached_tokens: script.cachedTokens },
})

const document = (script: Script) => ({
  ...chunk([
    {
      index: 0,
      message: { role: 'assistant', content: 'word '.repeat(script.completionTokens) },
      finish_reason: 'stop',
    },
  ]),
  object: 'chat.completion',
  usage: usage(script),
})

function sendFrame(response: ServerResponse, frame: unknown): void {
  response.write(`data: ${JSON.stringify(frame)}\n\n`)
}

function sendJson(
  response: ServerResponse,
  { status, body }: { status: number; body: unknown },
): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

async function text(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString()
}
