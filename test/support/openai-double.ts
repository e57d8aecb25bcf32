import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'

/** A call as the double saw it. */
export interface SeenCall {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
  readonly text: string
  readonly body: Readonly<Record<string, unknown>>
  /** Resolves when the caller has gone before the answer was complete. */
  readonly aborted: Promise<void>
}

/** What the double would ask to be paid for. */
export interface BilledCall {
  readonly model: string
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedTokens: number
  /** Whether the answer was written to its end, usage included. */
  readonly complete: boolean
}

/** Answers one call; undefined leaves it to the double's own answers. */
export type Script = (call: SeenCall, response: ServerResponse) => void | 'default'

/** A provider that speaks OpenAI's wire format, and keeps its own bill. */
export interface OpenAiDouble {
  /** With `/v1`. */
  readonly baseUrl: string
  readonly origin: string
  readonly calls: SeenCall[]
  /** Every 200 that it finished, and what it wrote of those that were cut. */
  readonly bill: BilledCall[]
  /** What happens to the calls from now on. */
  script: Script
  close(): Promise<void>
}

const doubleModels = ['gpt-test', 'gpt-other', 'embed-test']

export async function openAiDouble(): Promise<OpenAiDouble> {
  const calls: SeenCall[] = []
  const bill: BilledCall[] = []
  const double: { script: Script } = { script: () => 'default' }

  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const call = seen(request, response, Buffer.concat(parts).toString())
      calls.push(call)
      if (double.script(call, response) === 'default') answer(call, { response, bill })
    })
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    origin,
    baseUrl: `${origin}/v1`,
    calls,
    bill,
    get script() {
      return double.script
    },
    set script(script) {
      double.script = script
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function seen(
  { headers, rawHeaders, url = '' }: IncomingMessage,
  response: ServerResponse,
  text: string,
): SeenCall {
  const aborted = new Promise<void>((resolve) => {
    response.on('close', () => {
      if (!response.writableFinished) resolve()
    })
  })
  return {
    path: url,
    headers,
    rawHeaders,
    text,
    body: text === '' ? {} : JSON.parse(text),
    aborted,
  }
}

function answer(
  call: SeenCall,
  { response, bill }: { response: ServerResponse; bill: BilledCall[] },
): void {
  if (call.path === '/v1/models') {
    const data = doubleModels.map((id) => ({
      id,
      object: 'model',
      created: 1_790_000_000,
      owned_by: 'double',
    }))
    writeDocument(response, { object: 'list', data })
  } else if (call.path === '/v1/embeddings') {
    const inputs = [call.body['input']].flat()
    const data = inputs.map((_, index) => ({
      object: 'embedding',
      index,
      embedding: embeddingOf(call, [0.25, -0.5]),
    }))
    const inputTokens = inputs.length * 3
    const model = String(call.body['model'])
    bill.push({ model, inputTokens, outputTokens: 0, cachedTokens: 0, complete: true })
    const usage = { prompt_tokens: inputTokens, total_tokens: inputTokens }
    writeDocument(response, { object: 'list', data, model, usage })
  } else if (call.body['stream'] === true)
    void streamAnswer(call, { response, bill, tokens: ['Hel', 'lo', ' there', '.'] })
  else {
    const paid = {
      model: String(call.body['model']),
      inputTokens: 12,
      outputTokens: 4,
      cachedTokens: 2,
      complete: true,
    }
    bill.push(paid)
    writeDocument(response, chatDocument(paid, 'Hello there.'))
  }
}

/** OpenAI's clients ask for base64 and decode it. */
function embeddingOf({ body }: SeenCall, vector: readonly number[]): readonly number[] | string {
  return body['encoding_format'] === 'base64'
    ? Buffer.from(new Float32Array(vector).buffer).toString('base64')
    : vector
}

/** A whole answer, with exact usage. */
export function chatDocument(
  paid: BilledCall,
  content: string,
  message: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return {
    id: 'chatcmpl-double',
    object: 'chat.completion',
    created: 1_790_000_000,
    model: `${paid.model}-2026-11-01`,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content, ...message },
        finish_reason: message['tool_calls'] ? 'tool_calls' : 'stop',
      },
    ],
    usage: usageOf(paid),
    system_fingerprint: 'fp_double',
  }
}

function usageOf({
  cachedTokens,
  inputTokens,
  outputTokens,
}: BilledCall): Readonly<Record<string, unknown>> {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens },
    completion_tokens_details: { reasoning_tokens: 0 },
  }
}

export function writeDocument(
  response: ServerResponse,
  document: unknown,
  {
    status = 200,
    headers = {},
  }: { status?: number; headers?: Readonly<Record<string, string>> } = {},
): void {
  const text = typeof document === 'string' ? document : JSON.stringify(document)
  response.writeHead(status, {
    'content-type': 'application/json',
    'x-request-id': 'req-double',
    ...headers,
  })
  response.end(text)
}

export interface StreamOptions {
  readonly response: ServerResponse
  readonly bill: BilledCall[]
  readonly tokens: readonly string[]
  /** Closes the connection after so many tokens. */
  readonly cutAfter?: number
  /** Resolves before each token is written. */
  readonly before?: (index: number) => Promise<void>
}

/** One frame of a stream. */
function frame(choices: readonly unknown[], rest: Readonly<Record<string, unknown>> = {}): string {
  const head = {
    id: 'chatcmpl-double',
    object: 'chat.completion.chunk',
    created: 1_790_000_000,
    model: 'gpt-test-2026-11-01',
  }
  return `data: ${JSON.stringify({ ...head, choices, ...rest })}\n\n`
}

/** Streams tokens as OpenAI does; usage comes in a frame of its own, when it is asked for. */
export async function streamAnswer(
  call: SeenCall,
  { response, bill, tokens, cutAfter = Infinity, before }: StreamOptions,
): Promise<void> {
  const asked = call.body['stream_options']
  const withUsage =
    typeof asked === 'object' &&
    asked !== null &&
    'include_usage' in asked &&
    asked.include_usage === true
  const paid = {
    model: String(call.body['model']),
    inputTokens: 12,
    outputTokens: 0,
    cachedTokens: 0,
    complete: false,
  }
  bill.push(paid)
  const rest = withUsage ? { usage: null } : {}
  response.writeHead(200, { 'content-type': 'text/event-stream', 'x-request-id': 'req-double' })
  response.write(
    frame([{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }], rest),
  )
  for (const [index, content] of tokens.entries()) {
    if (index === cutAfter) {
      response.socket?.destroySoon()
      return
    }
    await before?.(index)
    if (response.destroyed) return
    await flushed(response, frame([{ index: 0, delta: { content }, finish_reason: null }], rest))
    paid.outputTokens++
  }
  response.write(frame([{ index: 0, delta: {}, finish_reason: 'stop' }], rest))
  if (withUsage) response.write(frame([], { usage: usageOf(paid) }))
  paid.complete = true
  response.end('data: [DONE]\n\n')
}

/** Writes, and waits until it has left: what is cut afterwards has been sent. */
function flushed(response: ServerResponse, text: string): Promise<void> {
  return new Promise((resolve) => response.write(text, () => resolve()))
}
