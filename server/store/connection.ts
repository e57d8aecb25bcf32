import { Socket } from 'node:net'
import pg from 'pg'
import { databaseFailure } from './database-error.ts'

export interface Statement {
  readonly text: string
  readonly values?: readonly unknown[]
  /** Prepared once a connection under this name. */
  readonly name?: string
}

/** One connection that is opened when it is needed, and again after it broke. Statements run one after another. */
export interface Connection {
  /** @throws What `pg` throws; see database-error.ts. After an UNAVAILABLE the next statement connects anew. */
  query<Row>(statement: Statement): Promise<Row[]>
  close(): Promise<void>
}

/** How much longer than the server the client waits: a stopped server does not count its own time. */
const graceMs = 2000

interface Opened {
  readonly client: pg.Client
  readonly socket: Socket
}

/**
 * Connects to Postgres with a limit on every wait, so that a stopped server never hangs a caller for ever.
 *
 * @param timeoutMs Of connecting, and of a statement.
 * @param setup Run first on every new connection.
 */
export function openConnection(
  databaseUrl: string,
  { timeoutMs = 5000, name = 'orchestrator', setup = '' } = {},
): Connection {
  let opening: Promise<Opened> | undefined

  const connect = async (): Promise<Opened> => {
    const socket = new Socket()
    const client = new pg.Client({
      connectionString: databaseUrl,
      application_name: name,
      connectionTimeoutMillis: timeoutMs,
      statement_timeout: timeoutMs,
      lock_timeout: timeoutMs / 2,
      idle_in_transaction_session_timeout: timeoutMs,
      query_timeout: timeoutMs + graceMs,
      keepAlive: true,
      stream: () => socket,
    })
    client.on('error', () => drop(socket))
    try {
      await client.connect()
      if (setup) await client.query(setup)
    } catch (error) {
      socket.destroy()
      throw error
    }
    return { client, socket }
  }

  const drop = (broken?: Socket) => {
    opening = undefined
    broken?.destroy()
  }

  return {
    async query<Row>({ text, values, name: prepared }: Statement) {
      opening ??= connect()
      let opened: Opened | undefined
      try {
        opened = await opening
        const { rows } = await opened.client.query({
          text,
          values: values && [...values],
          name: prepared,
        })
        return rows as Row[]
      } catch (error) {
        if (databaseFailure(error) === 'UNAVAILABLE') drop(opened?.socket)
        throw error
      }
    },
    async close() {
      const last = await opening?.catch(() => undefined)
      opening = undefined
      await last?.client.end().catch(() => {})
      last?.socket.destroy()
    },
  }
}
