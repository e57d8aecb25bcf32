import { GatewayError } from '#domain/errors.ts'
import pg from 'pg'
import type { Statement } from './connection.ts'
import { databaseFailure } from './database-error.ts'

/** Reads for people: a few connections beside those that record calls. */
export interface Reader {
  /** @throws {GatewayError} OVERLOADED where the database is away, or gave up on a statement that took too long. */
  query<Row>(statement: Statement): Promise<Row[]>
  close(): Promise<void>
}

/**
 * Opens connections for reads; none is made before the first read.
 *
 * @param timeoutMs Of a statement: a report that takes longer is too much for the rows that it looks at.
 */
export function openReader(
  databaseUrl: string,
  { max = 4, timeoutMs = 15_000 }: { max?: number; timeoutMs?: number } = {},
): Reader {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    application_name: 'orchestrator reads',
    max,
    connectionTimeoutMillis: 5000,
    statement_timeout: timeoutMs,
    lock_timeout: 5000,
    query_timeout: timeoutMs + 2000,
    idle_in_transaction_session_timeout: timeoutMs,
    keepAlive: true,
    allowExitOnIdle: true,
    // Compiling such statements takes longer than running them.
    options: '-c jit=off',
  })
  // Without a listener, an idle connection that breaks would end the process.
  pool.on('error', () => {})
  return {
    async query<Row>({ text, values, name }: Statement) {
      try {
        const { rows } = await pool.query({ text, values: values && [...values], name })
        return rows as Row[]
      } catch (error) {
        if (databaseFailure(error) === 'DATA') throw error
        throw new GatewayError('OVERLOADED', whyNot(error), { cause: error })
      }
    },
    close: () => pool.end(),
  }
}

function whyNot(error: unknown): string {
  const cancelled = error instanceof Error && 'code' in error && error.code === '57014'
  return cancelled
    ? 'The database took too long to answer: narrow the time range or the filter.'
    : 'The database cannot be reached now; try again later.'
}
