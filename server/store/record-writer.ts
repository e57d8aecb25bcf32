import type { GatewayError } from '#domain/errors.ts'
import type { Connection } from './connection.ts'
import { databaseFailure } from './database-error.ts'
import { freeStatement } from './freed-attempts.ts'
import type { Grant, RecordRow } from './record-row.ts'
import { reducedRow } from './reduced-row.ts'
import { createReservations, type Reservations, type Reserved } from './reservations.ts'
import { settleStatement } from './settle-statement.ts'

/** What became of rows that were handed to the writer. All others are written. */
export interface Written extends Reserved {
  /** Rows that no form of could be written, with the database's reason. */
  readonly rejected: ReadonlyMap<RecordRow, unknown>
}

/** A window of an allowance that has changed. Amounts are in its unit. */
export interface ChangedWindow {
  readonly id: string
  readonly allowanceId: string
  readonly tenantId: string
  readonly spent: bigint
  readonly held: bigint
  /** The threshold that this change has crossed. */
  readonly crossed: number | null
}

/** Is told of allowances in use. */
export interface AllowanceWatcher {
  /** In the transaction that changes them: what is written over `connection` stands and falls with it. */
  crossed(connection: Connection, windows: readonly ChangedWindow[]): Promise<void>
  /** When it stands. */
  changed(windows: readonly ChangedWindow[]): void
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
  {
    corrected,
    reservations = createReservations(connection),
    watcher,
  }: {
    corrected: (rows: readonly RecordRow[]) => Promise<void>
    reservations?: Reservations
    watcher?: AllowanceWatcher | undefined
  },
): (rows: readonly RecordRow[]) => Promise<Written> {
  const settle = async (rows: readonly RecordRow[], outcome: Outcome) => {
    if (rows.some(({ reserving, windows }) => reserving !== undefined || windows.length > 0))
      return settleReserving(rows, outcome)
    await correct(rows, await settleRows(connection, rows))
  }

  const settleReserving = async (rows: readonly RecordRow[], outcome: Outcome) => {
    let settled: Settled | undefined
    let changed: readonly ChangedWindow[] = []
    const reserved = await reservations.transaction(rows, async (writable, locked) => {
      if (writable.length === 0) return
      const freed = writable.flatMap((row) => row.freed ?? [])
      if (freed.length > 0)
        await connection.query({ text: freeStatement, values: [`[${freed.join(',')}]`] })
      settled = await settleRows(connection, writable)
      changed = (settled?.windows ?? []).map((window) =>
        changedWindow(window, locked.get(window.id)?.notified),
      )
      const crossed = changed.filter((window) => window.crossed !== null)
      if (crossed.length > 0) await watcher?.crossed(connection, crossed)
    })
    for (const [row, grant] of reserved.grants) outcome.grants.set(row, grant)
    for (const [row, refusal] of reserved.refused) outcome.refused.set(row, refusal)
    for (const [row, refusal] of reserved.busy) outcome.busy.set(row, refusal)
    if (changed.length > 0) watcher?.changed(changed)
    await correct(rows, settled)
  }

  const correct = async (rows: readonly RecordRow[], settled: Settled | undefined) => {
    const ends = rows.filter(({ kind }) => kind === 'end')
    if (settled && settled.settled < ends.length) await corrected(ends)
  }

  const write = async (rows: readonly RecordRow[], outcome: Outcome, tries = 1): Promise<void> => {
    try {
      await settle(rows, outcome)
    } catch (error) {
      const failure = databaseFailure(error)
      if (failure === 'UNAVAILABLE' || (failure === 'BUSY' && tries >= busyTries)) throw error
      if (failure === 'BUSY') return write(rows, outcome, tries + 1)
      const [row] = rows
      if (rows.length === 1 && row) return writeReduced(row, outcome, error)
      const half = Math.ceil(rows.length / 2)
      await write(rows.slice(0, half), outcome)
      await write(rows.slice(half), outcome)
    }
  }

  const writeReduced = async (row: RecordRow, outcome: Outcome, cause: unknown) => {
    try {
      await settle([reducedRow(row)], outcome)
    } catch (error) {
      if (databaseFailure(error) !== 'DATA') throw error
      outcome.rejected.set(row, cause)
    }
  }

  return async (rows) => {
    const outcome: Outcome = {
      rejected: new Map(),
      grants: new Map(),
      refused: new Map(),
      busy: new Map(),
    }
    await write(rows, outcome)
    return outcome
  }
}

interface Outcome {
  readonly rejected: Map<RecordRow, unknown>
  readonly grants: Map<RecordRow, Grant>
  readonly refused: Map<RecordRow, GatewayError>
  readonly busy: Map<RecordRow, GatewayError>
}

interface Settled {
  readonly settled: number
  readonly windows: readonly SettledWindow[] | null
}

/** A window as `changeWindows` returns it. */
export interface SettledWindow extends Omit<ChangedWindow, 'spent' | 'held' | 'crossed'> {
  readonly spent: string
  readonly held: string
  readonly notified: number
}

async function settleRows(
  connection: Connection,
  rows: readonly RecordRow[],
): Promise<Settled | undefined> {
  const ends = rows.filter(({ kind }) => kind === 'end')
  const begins = rows.filter(({ kind }) => kind === 'begin')
  const [result] = await connection.query<Settled>({
    name: 'settle',
    text: settleStatement,
    values: [
      `[${begins.map(({ call }) => call).join(',')}]`,
      `[${ends.map(({ call }) => call).join(',')}]`,
      `[${ends.flatMap(({ attempts }) => attempts || []).join(',')}]`,
    ],
  })
  return result
}

/** @param before The threshold that it was above when it was locked. */
export function changedWindow(
  { notified, ...window }: SettledWindow,
  before = notified,
): ChangedWindow {
  return {
    ...window,
    spent: BigInt(window.spent),
    held: BigInt(window.held),
    crossed: notified > before ? notified : null,
  }
}
