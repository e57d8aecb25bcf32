import type { IncomingMessage, ServerResponse } from 'node:http'

/** Name, value, name, value: what Node takes without building a map. */
export type HeaderList = readonly string[]

export interface Answer {
  readonly status?: number
  readonly type?: string
  readonly headers?: HeaderList
}

/** Up to so many bytes are copied into the head's own write, which costs less than a write of two parts. */
const smallBody = 16_384

/** Writes a whole answer at once. For HEAD, Node itself leaves the body away. */
export function writeAnswer(
  response: ServerResponse,
  body: string | Uint8Array,
  { status = 200, type = 'application/json', headers = [] }: Answer = {},
): void {
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length
  response.writeHead(status, ['Content-Type', type, 'Content-Length', `${length}`, ...headers])
  if (typeof body === 'string' || length > smallBody) response.end(body)
  else response.end(asBuffer(body).toString('latin1'), 'latin1')
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}

/** Writes a value as JSON. */
export function writeJson(response: ServerResponse, value: unknown, answer: Answer = {}): void {
  writeAnswer(response, JSON.stringify(value), answer)
}

/** How much of an unread body may follow on a connection that is to be kept. */
const smallRest = 65_536
/** How much of an unread body is taken before the connection is cut, and for how long. */
const drainBytes = 64 * 1024 * 1024
const drainMs = 5000

/**
 * Writes an answer to a request whose body may not have been read. A client that is still sending must be let finish,
 * or it never sees the answer: so the rest is read and forgotten, within bounds, and the connection closes after it.
 */
export function writeEarlyAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  {
    body,
    status,
    headers = [],
  }: { body: string | Uint8Array; status: number; headers?: HeaderList },
): void {
  const rest = request.complete ? 0 : Number(request.headers['content-length'] ?? Infinity)
  const hasBody = request.headers['content-length'] ?? request.headers['transfer-encoding']
  if (hasBody === undefined || rest <= smallRest) {
    writeAnswer(response, body, { status, headers })
    return
  }
  response.shouldKeepAlive = false
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length
  const fixed = ['Content-Type', 'application/json', 'Content-Length', `${length}`]
  response.writeHead(status, [...fixed, ...headers])
  response.write(body)
  let left = drainBytes
  const finish = () => {
    clearTimeout(timer)
    response.end()
  }
  const timer = setTimeout(finish, drainMs)
  timer.unref()
  request.on('data', (part: Buffer) => {
    left -= part.length
    if (left < 0) request.destroy()
  })
  request.once('end', finish)
  request.once('close', finish)
}
