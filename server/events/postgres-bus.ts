import { Socket } from 'node:net'
import pg from 'pg'
import { type BusTopic, busChannel, parseBusMessage } from '#domain/bus-topic.ts'
import type { Clock } from '#gateway/ports.ts'
import type { Log } from '#telemetry/logger.ts'

/** Is told what other replicas (and this one) have changed; must not throw. */
export interface BusListener {
  heard(payload: string): void
  /** Listening has begun, the first time or again: whatever was not heard before has to be read now. */
  resumed(): void
}

/** Hears what replicas tell each other by `pg_notify` (see bus-topic.ts). */
export interface PostgresBus {
  /** Whether changes are heard now. While they are not, whoever keeps copies has to read them again and again. */
  readonly listening: boolean
  /** @returns Ends the interest. */
  on(topic: BusTopic, listener: BusListener): () => void
  close(): Promise<void>
}

const retryMs = 1000
/** A dead connection looks like one on which nothing happens, so it is asked for a sign of life. */
const ticksPerPing = 10

interface Opened {
  readonly client: pg.Client
  readonly socket: Socket
}

/**
 * Listens on a connection of its own, which is opened at once and again a second after it broke. Not through a pooler
 * that gives each transaction another connection: there nothing is heard, and `listening` stays true.
 *
 * @param timeoutMs Of connecting, and of a sign of life.
 */
export function openPostgresBus({
  databaseUrl,
  clock,
  log,
  timeoutMs = 5000,
}: {
  databaseUrl: string
  clock: Clock
  log: Pick<Log, 'info' | 'warn'>
  timeoutMs?: number
}): PostgresBus {
  const listeners = new Map<string, Set<BusListener>>()
  let opened: Opened | undefined
  let busy = false
  let closed = false
  let ticks = 0

  const tell = (message: string | undefined) => {
    const parsed = message === undefined ? undefined : parseBusMessage(message)
    if (!parsed) return
    for (const listener of listeners.get(parsed.topic) ?? []) listener.heard(parsed.payload)
  }

  const lose = ({ client, socket }: Opened) => {
    socket.destroy()
    if (opened?.client !== client) return
    opened = undefined
    if (!closed) log.warn({}, 'changes that other replicas make are not heard now')
  }

  const open = async (): Promise<void> => {
    const socket = new Socket()
    const client = new pg.Client({
      connectionString: databaseUrl,
      application_name: 'orchestrator bus',
      connectionTimeoutMillis: timeoutMs,
      query_timeout: timeoutMs,
      keepAlive: true,
      stream: () => socket,
    })
    const next = { client, socket }
    client.on('error', () => lose(next))
    client.on('end', () => lose(next))
    client.on('notification', ({ payload }) => tell(payload))
    try {
      await client.connect()
      await client.query(`listen ${busChannel}`)
    } catch (error) {
      socket.destroy()
      throw error
    }
    if (closed) {
      socket.destroy()
      return
    }
    opened = next
    for (const some of listeners.values()) for (const listener of some) listener.resumed()
  }

  const ping = async (asked: Opened): Promise<void> => {
    try {
      await asked.client.query('select 1')
    } catch {
      lose(asked)
    }
  }

  const work = (task: () => Promise<void>) => {
    busy = true
    void task()
      .catch((err: unknown) => log.info({ err }, 'the database cannot be listened to yet'))
      .finally(() => {
        busy = false
      })
  }

  const stop = clock.every(retryMs, () => {
    ticks++
    if (busy) return
    const asked = opened
    if (!asked) work(open)
    else if (ticks % ticksPerPing === 0) work(() => ping(asked))
  })
  work(open)

  return {
    get listening() {
      return opened !== undefined
    },
    on(topic, listener) {
      const some = listeners.get(topic) ?? new Set()
      listeners.set(topic, some.add(listener))
      if (opened) listener.resumed()
      return () => some.delete(listener)
    },
    async close() {
      closed = true
      stop()
      const last = opened
      opened = undefined
      await last?.client.end().catch(() => {})
      last?.socket.destroy()
    },
  }
}
