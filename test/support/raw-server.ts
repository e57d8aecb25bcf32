import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

/** What a scripted peer does next: send these bytes, or something to the connection. */
export type RawStep = string | Uint8Array | symbol | ((socket: Socket) => unknown)

/** Closes the connection in order. */
export const END = Symbol('END')
/** Closes it as a crash does. */
export const RESET = Symbol('RESET')
/** Sends nothing more, and keeps it open. */
export const WAIT = Symbol('WAIT')

export interface RawServer {
  readonly origin: string
  readonly port: number
  /** The requests so far, as text, in the order in which they came. */
  readonly requests: readonly string[]
  /** Connections that the peer's counterpart has closed. */
  readonly closed: number
  /** Resolves when a connection has been closed. */
  readonly closing: Promise<void>
  stop(): Promise<void>
}

/**
 * A server that speaks bytes, not HTTP: for cuts, resets, wrong lengths and garbage. It answers the nth request (headers
 * and body read by content-length) with the nth script, later ones with the last.
 */
export async function rawServer(...scripts: readonly (readonly RawStep[])[]): Promise<RawServer> {
  const requests: string[] = []
  const sockets = new Set<Socket>()
  const gone = Promise.withResolvers<void>()
  let closed = 0

  const server = createServer((socket) => {
    sockets.add(socket)
    let text = ''
    socket.on('error', () => {})
    socket.on('close', () => {
      sockets.delete(socket)
      closed++
      gone.resolve()
    })
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1')
      const size = requestSize(text)
      if (size === undefined || text.length < size) return
      requests.push(Buffer.from(text.slice(0, size), 'latin1').toString())
      text = text.slice(size)
      void play(socket, scripts[requests.length - 1] ?? scripts.at(-1) ?? [])
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    requests,
    get closed() {
      return closed
    },
    closing: gone.promise,
    async stop() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

async function play(socket: Socket, script: readonly RawStep[]): Promise<void> {
  for (const step of script) {
    if (step === END) socket.end()
    else if (step === RESET) socket.resetAndDestroy()
    else if (step === WAIT) return
    else if (typeof step === 'function') await step(socket)
    else if (typeof step !== 'symbol') await new Promise((resolve) => socket.write(step, resolve))
    if (socket.destroyed) return
  }
}

function requestSize(text: string): number | undefined {
  const head = text.indexOf('\r\n\r\n')
  if (head === -1) return undefined
  return head + 4 + Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? 0)
}

/** An HTTP answer with its exact length. */
export function httpAnswer(
  body: string | Uint8Array,
  {
    status = 200,
    headers = { 'content-type': 'application/json' },
  }: { status?: number; headers?: Record<string, string> } = {},
): Buffer {
  const bytes = Buffer.from(body as string)
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([
    Buffer.from(`HTTP/1.1 ${status} X\r\n${lines.join('')}content-length: ${bytes.length}\r\n\r\n`),
    bytes,
  ])
}

/** The head of an answer that goes on as chunks, to be followed by `httpChunk`s. */
export function chunkedHead(
  headers: Record<string, string> = { 'content-type': 'text/event-stream' },
): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 200 OK\r\n${lines.join('')}transfer-encoding: chunked\r\n\r\n`
}

/** One chunk; an empty one ends the body. */
export function httpChunk(bytes: string | Uint8Array): Buffer {
  const data = Buffer.from(bytes as string)
  return Buffer.concat([Buffer.from(`${data.length.toString(16)}\r\n`), data, Buffer.from('\r\n')])
}
