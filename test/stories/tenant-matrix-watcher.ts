import { RawSocket, type SocketMessage } from '../support/graphql-socket.ts'
import type { MatrixOperation } from './tenant-matrix-operations.ts'
import { type Actor, authorization, type MatrixAnswer } from './tenant-matrix-run.ts'

export async function openSocket(origin: string, actor: Actor): Promise<RawSocket> {
  const socket = new RawSocket(`${origin.replace('http', 'ws')}/graphql`, {
    init: authorization(actor),
  })
  await socket.acknowledged()
  return socket
}

/** The code with which a socket is closed on whoever has no valid key; 0 where it is not. */
export async function closeCodeOf(origin: string, actor: Actor): Promise<number> {
  const socket = new RawSocket(`${origin.replace('http', 'ws')}/graphql`, {
    init: authorization(actor),
  })
  const code = await socket.acknowledged().then(
    () => 0,
    async () => (await socket.closed).code,
  )
  await socket.lose()
  return code
}

const perSocket = 15
const ownTail =
  'subscription { requestTail(filter: {simulated: true, time: {relative: {from: "now-1h"}}}) { requests { endUser } } }'
const ownMetrics = 'subscription { liveMetrics(simulated: true) { inFlight requestsPerSecond } }'

/** Someone who watches: their own feeds, and all that they have tried to follow. */
export class Watcher {
  readonly #sockets: readonly RawSocket[]
  readonly #operations: readonly MatrixOperation[]
  readonly actor: Actor

  static async open(origin: string, actor: Actor, operations: readonly MatrixOperation[]) {
    const count = Math.ceil(operations.length / perSocket)
    const sockets = await Promise.all(
      Array.from({ length: count }, () => openSocket(origin, actor)),
    )
    return new Watcher(sockets, operations, actor)
  }

  private constructor(
    sockets: readonly RawSocket[],
    operations: readonly MatrixOperation[],
    actor: Actor,
  ) {
    this.#sockets = sockets
    this.#operations = operations
    this.actor = actor
    for (const socket of sockets) {
      socket.subscribe('tail', ownTail)
      socket.subscribe('metrics', ownMetrics)
    }
    for (const [index, { query, variables }] of operations.entries())
      sockets[Math.floor(index / perSocket)]?.subscribe(`m${index}`, query, variables)
  }

  /** Waits until so many more live metrics have come on every socket. */
  async ticks(count: number): Promise<void> {
    const isTick = ({ id, type }: SocketMessage) => id === 'metrics' && type === 'next'
    await Promise.all(
      this.#sockets.map((socket) => {
        const wanted = socket.received.filter(isTick).length + count
        return socket.until(() => socket.received.filter(isTick).length >= wanted)
      }),
    )
  }

  /** Waits until the own tail has told of a call by that end user. */
  async seen(endUser: string): Promise<void> {
    await Promise.all(
      this.#sockets.map((socket) =>
        socket.until(
          ({ id, payload }) => id === 'tail' && JSON.stringify(payload ?? null).includes(endUser),
        ),
      ),
    )
  }

  answers(): readonly MatrixAnswer[] {
    return this.#operations.map((operation, index) => {
      const socket = this.#sockets[Math.floor(index / perSocket)]
      const messages = socket?.received.filter(({ id }) => id === `m${index}`) ?? []
      return { actor: this.actor, operation, status: 200, text: JSON.stringify(messages) }
    })
  }

  async close(): Promise<void> {
    await Promise.all(this.#sockets.map((socket) => socket.lose()))
  }
}

/** Runs subscriptions to their ends. */
export async function follow(
  origin: string,
  { actor, operations }: { actor: Actor; operations: readonly MatrixOperation[] },
): Promise<readonly MatrixAnswer[]> {
  const idOf = ({ field, label }: MatrixOperation) => `${field} ${label}`
  const parts = Array.from({ length: Math.ceil(operations.length / perSocket) }, (_, part) =>
    operations.slice(part * perSocket, (part + 1) * perSocket),
  )
  const answers = parts.map(async (part) => {
    const socket = await openSocket(origin, actor)
    for (const operation of part)
      socket.subscribe(idOf(operation), operation.query, operation.variables)
    const ended = () =>
      socket.received.filter(({ id, type }) => id !== undefined && type !== 'next')
    await socket.until(() => ended().length >= part.length)
    await socket.lose()
    return part.map((operation) => {
      const messages = socket.received.filter(({ id }) => id === idOf(operation))
      return { actor, operation, status: 200, text: JSON.stringify(messages) }
    })
  })
  return (await Promise.all(answers)).flat()
}
