import { Agent, request } from 'undici'

/** What a caller asks for. */
export interface Question {
  readonly model: string
  readonly stream: boolean
  readonly temperature?: number | undefined
  /** Names the call in its row, as its end user. */
  readonly user?: string
}

/** What a caller has read when all is over. */
export interface Heard {
  readonly status: number
  /** The error's code, in the body or in the stream; null where there was none. */
  readonly code: string | null
  readonly text: string
  /** Whether it ended as answers do: a finish reason and `[DONE]`, or a document. */
  readonly isWhole: boolean
  /** In seconds, as it was sent. */
  readonly retryAfter: string | undefined
  readonly ms: number
}

/** Connections of callers: as many as they want, and never a deadline of their own. */
const callers = new Agent({ connections: 512, headersTimeout: 0, bodyTimeout: 0 })

/** Asks by REST, and reads all there is. @throws {Error} When the gateway breaks the connection off. */
export async function ask(origin: string, question: Question): Promise<Heard> {
  const since = performance.now()
  const { model, stream, temperature, user } = question
  const answer = await request(`${origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model,
      messages: [{ role: 'user', content: 'tell me of the river' }],
      ...(stream && { stream }),
      ...(temperature !== undefined && { temperature }),
      ...(user !== undefined && { user }),
    }),
    dispatcher: callers,
  })
  const body = await answer.body.text()
  const retryAfter = answer.headers['retry-after']
  const isStream = String(answer.headers['content-type']).startsWith('text/event-stream')
  return {
    status: answer.statusCode,
    ...(isStream ? readStream(body) : readDocument(body)),
    retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
    ms: performance.now() - since,
  }
}

type Read = Pick<Heard, 'code' | 'text' | 'isWhole'>

interface Answer {
  readonly error?: { readonly code?: string | null; readonly type?: string }
  readonly choices?: readonly {
    readonly delta?: { readonly content?: string }
    readonly message?: { readonly content?: string }
    readonly finish_reason?: string | null
  }[]
}

function readDocument(body: string): Read {
  const { error, choices = [] }: Answer = JSON.parse(body)
  const [choice] = choices
  return {
    code: codeOf(error),
    text: choice?.message?.content ?? '',
    isWhole: choice?.finish_reason === 'stop',
  }
}

/** Reads server-sent events as the standard says, in a way of its own. */
function readStream(body: string): Read {
  const read = { code: null as string | null, text: '', finished: false, done: false }
  const lines = body.replace(/^\uFEFF/, '').replaceAll(/\r\n?/g, '\n')
  for (const block of lines.split('\n\n')) {
    const data = block
      .split('\n')
      .filter((line) => line.startsWith('data:'))
      .map((line) => line.slice(5).replace(/^ /, ''))
      .join('\n')
    if (data === '[DONE]') read.done = true
    const answer = parsed(data)
    if (answer?.error) read.code = codeOf(answer.error)
    const [choice] = answer?.choices ?? []
    read.text += choice?.delta?.content ?? ''
    if (choice?.finish_reason === 'stop') read.finished = true
  }
  return { code: read.code, text: read.text, isWhole: read.finished && read.done }
}

function codeOf(error: Answer['error']): string | null {
  return error ? (error.code ?? error.type ?? 'no code') : null
}

function parsed(data: string): Answer | undefined {
  try {
    return JSON.parse(data)
  } catch {
    return undefined
  }
}
