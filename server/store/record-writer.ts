import { databaseFailure } from './database-error.ts'
import type { Connection } from './connection.ts'
import type { RecordRow } from './record-row.ts'
import { reducedRow } from './reduced-row.ts'
import { settleStatement } from './settle-statement.ts'

/** What became of rows that were handed to the writer. */
export interface Written {
  /** Rows that no form of could be written, with the database's reason. */
  readonly rejected: ReadonlyMap<RecordRow, unknown>
}

/** How often a batch that lost a deadlock or a lock is tried again before the database counts as away. */
const busyTries = 5

/**
 * Writes rows in one transaction. A row that the database cannot take is found by halving, so that it neither holds up
 * nor loses the others, and is then written without what may have been wrong with it.
 *
 * @param corrected Told of a batch in which some ends changed nothing: replays, or calls that were given up as lost.
 * @throws The database's error when it is away; nothing is then known to be written, and all may be written again.
 */
export function createRecordWriter(
  connection: Connection,
  { corrected }: { corrected: (rows: readonly RecordRow[]) => Promise<void> },
): (rows: readonly RecordRow[]) => Promise<Written> {
  const settle = async (rows: readonly RecordRow[]) => {
    const ends = rows.filter(({ kind }) => kind === 'end')
    const begins = rows.filter(({ kind }) => kind === 'begin')
    const [result] = await connection.query<{ settled: number }>({
      name: 'settle',
      text: settleStatement,
      values: [
        `[${begins.map(({ call }) => call).join(',')}]`,
        `[${ends.map(({ call }) => call).join(',')}]`,
        `[${ends.flatMap(({ attempts }) => attempts || []).join(',')}]`,
      ],
    })
    if (result && result.settled < ends.length) await corrected(ends)
  }

  const write = async (
    rows: readonly RecordRow[],
    rejected: Map<RecordRow, unknown>,
    tries = 1,
  ): Promise<void> => {
    try {
      await settle(rows)
    } catch (error) {
      const failure = databaseFailure(error)
      if (failure === 'UNAVAILABLE' || (failure === 'BUSY' && tries >= busyTries)) throw error
      if (failure === 'BUSY') return write(rows, rejected, tries + 1)
      const [row] = rows
      if (rows.length === 1 && row) return writeReduced(row, rejected, error)
      const half = Math.ceil(rows.length / 2)
      await write(rows.slice(0, half), rejected)
      await write(rows.slice(half), rejected)
    }
  }

  const writeReduced = async (
    row: RecordRow,
    rejected: Map<RecordRow, unknown>,
    cause: unknown,
  ) => {
    try {
      await settle([reducedRow(row)])
    } catch (error) {
      if (databaseFailure(error) !== 'DATA') throw error
      rejected.set(row, cause)
    }
  }

  return async (rows) => {
    const rejected = new Map<RecordRow, unknown>()
    await write(rows, rejected)
    return { rejected }
  }
}
