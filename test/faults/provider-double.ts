import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { messagesOf } from './double-answer.ts'
import type { BillEntry } from './double-bill.ts'
import { type Behaviour, Exchange } from './double-exchange.ts'
import { tokensIn } from './double-text.ts'
import { RequestReader, type RawRequest } from './double-requests.ts'
import { answers } from './sound-answers.ts'

/** A provider on loopback that speaks OpenAI's wire over bare sockets, can fail in every way, and keeps its own bill. */
export interface ProviderDouble {
  readonly port: number
  /** With `/v1`. */
  readonly baseUrl: string
  /** All requests for answers, in the order in which they came. */
  readonly bill: readonly BillEntry[]
  billOf(model: string): readonly BillEntry[]
  /**
   * What requests for a model are met with from now on, one after another; the last one stays.
   *
   * @param model `*` is every model without a play of its own.
   */
  play(model: string, ...behaviours: readonly Behaviour[]): void
  /** What questions for the list of models are met with. @default an empty list */
  list: Behaviour
  /** Questions for the list of models so far. */
  readonly listed: number
  /** Resolves with the next request for an answer. */
  next(): Promise<BillEntry>
  close(): Promise<void>
}

/** @param takesPrefix Goes on from an assistant message that stands last. */
export async function startDouble({
  name = 'double',
  takesPrefix = false,
  port: wanted = 0,
}: { name?: string; takesPrefix?: boolean; port?: number } = {}): Promise<ProviderDouble> {
  const bill: BillEntry[] = []
  const byModel = new Map<string, BillEntry[]>()
  const plays = new Map<string, Behaviour[]>()
  const sockets = new Set<Socket>()
  const waiting: ((entry: BillEntry) => void)[] = []
  let listed = 0

  const behaviourFor = (model: string): Behaviour => {
    const play = plays.get(model) ?? plays.get('*') ?? [answers]
    return (play.length > 1 ? play.shift() : play[0]) ?? answers
  }

  const meet = async (socket: Socket, request: RawRequest) => {
    const isList = request.method === 'GET'
    const model = isList ? '' : String(request.body['model'])
    const turn = byModel.get(model)?.length ?? 0
    const over = Promise.withResolvers<void>()
    const entry: BillEntry = {
      model,
      turn,
      body: request.body,
      headers: request.headers,
      receivedAt: performance.now(),
      text: undefined,
      promptTokens: promptTokensOf(request),
      tokens: 0,
      began: false,
      refused: false,
      leftAt: undefined,
      over: over.promise,
    }
    if (isList) listed++
    else {
      bill.push(entry)
      byModel.set(model, [...(byModel.get(model) ?? []), entry])
      for (const tell of waiting.splice(0)) tell(entry)
    }
    const behaviour = isList ? double.list : behaviourFor(model)
    const exchange = new Exchange(socket, { entry, provider: name, takesPrefix })
    try {
      await behaviour(exchange)
    } finally {
      exchange.over()
      over.resolve()
    }
  }

  const server = createServer((socket) => {
    sockets.add(socket)
    const reader = new RequestReader()
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    socket.on('end', () => socket.end())
    socket.on('data', (bytes: Buffer) => {
      for (const request of reader.push(bytes)) meet(socket, request).catch(() => socket.destroy())
    })
  })
  server.listen(wanted, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const double: ProviderDouble = {
    list: emptyList,
    port,
    baseUrl: `http://127.0.0.1:${port}/v1`,
    bill,
    billOf: (model) => byModel.get(model) ?? [],
    play(model, ...behaviours) {
      plays.set(model, [...behaviours])
    },
    get listed() {
      return listed
    },
    next: () => new Promise((resolve) => waiting.push(resolve)),
    async close() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
  return double
}

const emptyList: Behaviour = async (exchange) => {
  const text = JSON.stringify({ object: 'list', data: [] })
  await exchange.head(200, { 'content-type': 'application/json' }, { length: text.length })
  await exchange.raw(text)
}

function promptTokensOf(request: RawRequest): number {
  return messagesOf(request).reduce((sum, { content }) => sum + tokensIn(content), 0)
}
