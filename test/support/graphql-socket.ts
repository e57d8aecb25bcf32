import { once } from 'node:events'
import { WebSocket } from 'ws'

export interface SocketMessage {
  readonly id?: string
  readonly type: string
  readonly payload?: {
    data?: Record<string, Record<string, unknown>>
    errors?: { message: string; extensions: Record<string, unknown> }[]
  }
}

export interface RawSocketOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly protocol?: string
  /** The payload of connection_init; none is sent for null. @default {} */
  readonly init?: object | null
}

/** A WebSocket that speaks only when told. */
export class RawSocket {
  readonly socket: WebSocket
  readonly received: SocketMessage[] = []
  readonly closed: Promise<{ code: number; reason: string }>
  #wake = () => {}

  constructor(
    url: string,
    { headers = {}, protocol = 'graphql-transport-ws', init = {} }: RawSocketOptions = {},
  ) {
    this.socket = new WebSocket(url, protocol ? [protocol] : [], { headers })
    this.closed = new Promise((resolve) =>
      this.socket.on('close', (code, reason) => {
        this.#wake()
        resolve({ code, reason: String(reason) })
      }),
    )
    this.socket.on('message', (data: Buffer) => {
      this.received.push(JSON.parse(data.toString()))
      this.#wake()
    })
    if (init) this.socket.on('open', () => this.send({ type: 'connection_init', payload: init }))
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message))
  }

  subscribe(id: string, query: string, variables?: object): void {
    this.send({ id, type: 'subscribe', payload: { query, variables } })
  }

  /** The first message that fits, once it has come. */
  async until(fits: (message: SocketMessage) => boolean): Promise<SocketMessage> {
    for (;;) {
      const found = this.received.find(fits)
      if (found) return found
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error('the socket closed before')
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  acknowledged(): Promise<SocketMessage> {
    return this.until(({ type }) => type === 'connection_ack')
  }

  /** The data of all results of an operation so far. */
  results(id: string): Record<string, unknown>[] {
    return this.received.flatMap((message) =>
      message.id === id && message.type === 'next'
        ? Object.values(message.payload?.data ?? {})
        : [],
    )
  }

  /** As if the network had failed. */
  async lose(): Promise<void> {
    this.socket.terminate()
    await this.closed
  }
}

/** The status with which an upgrade is refused. */
export async function refusedWith(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<number | undefined> {
  const socket = new WebSocket(url, ['graphql-transport-ws'], { headers })
  socket.on('error', () => {})
  const [, response] = (await once(socket, 'unexpected-response')) as [
    unknown,
    { statusCode?: number },
  ]
  socket.terminate()
  return response.statusCode
}
