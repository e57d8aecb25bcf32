import { appendFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freeable } from '#domain/freed-hold.ts'
import { grantedAttempt } from '#domain/hold.ts'
import type { CallRecords, Clock } from '#gateway/ports.ts'
import { type AllowanceBook, type AllowancePolicy, createAllowanceBook } from './allowance-book.ts'
import { openConnection } from './connection.ts'
import { alertCrossings } from './crossing-alerts.ts'
import { correctLostCalls } from './lost-call-correction.ts'
import { freedAttempt } from './freed-attempts.ts'
import { finishLostCalls } from './lost-calls.ts'
import { createRecordPump, type RecordState } from './record-pump.ts'
import { beginRow, endRow, type Grant, type RecordRow } from './record-row.ts'
import { type ChangedWindow, createRecordWriter } from './record-writer.ts'
import { beat, expel, leave } from './replica-lease.ts'
import { windowIds } from './row-windows.ts'
import { ensureRequestPartitions } from './request-partitions.ts'
import { createReservations, type Reservations } from './reservations.ts'
import { openSpool } from './spool.ts'
import type { StoreLog } from './store-log.ts'
import { keepStore } from './upkeep.ts'

export interface DurableCallRecords extends CallRecords {
  /** Resolves when all that was given is written, to Postgres or to the spool. */
  flush(): Promise<void>
  /** Flushes, ends this replica's lease and closes the connections. */
  close(): Promise<void>
  state(): RecordState
  /** The budgets and quotas in force. */
  readonly allowances: AllowanceBook
}

/** A quarter of the lease. */
const beatMs = 5000
const sweepMs = 10_000
const reconnectMs = 500
const upkeepMs = 60 * 60 * 1000
/** How long a start waits for what is in the spool. */
const longestDrainMs = 3000

/**
 * Records calls in Postgres, over one connection for them and one for the lease; while Postgres is away, in a file of
 * `spoolFolder`, which nobody else may use. Resolves when what this folder's last process left is settled; when that
 * takes long, or Postgres is away, it goes on behind, and records are taken all the same.
 *
 * @param soleReplica No other process writes to this database: whatever is open is settled at once.
 */
export async function createCallRecords({
  databaseUrl,
  replicaId,
  spoolFolder,
  clock,
  log,
  soleReplica = false,
  maxSpoolBytes,
  timeoutMs = 4000,
  allowancesChanged = () => {},
  policy,
}: {
  databaseUrl: string
  replicaId: string
  spoolFolder: string
  clock: Clock
  log: StoreLog
  soleReplica?: boolean
  maxSpoolBytes?: number
  timeoutMs?: number
  policy?: () => AllowancePolicy
  /** Told of windows of allowances that have changed. */
  allowancesChanged?: (windows: readonly ChangedWindow[]) => void
}): Promise<DurableCallRecords> {
  const spool = await openSpool(spoolFolder, { maxBytes: maxSpoolBytes })
  const setup = 'set plan_cache_mode = force_generic_plan'
  const records = openConnection(databaseUrl, { timeoutMs, name: 'orchestrator records', setup })
  const control = openConnection(databaseUrl, { timeoutMs, name: 'orchestrator lease', setup })
  const book = createAllowanceBook(control, policy)
  const reservations = createReservations(records)
  const writerOver = (connection: typeof records, reserving: Reservations) =>
    createRecordWriter(connection, {
      corrected: (rows) => correctLostCalls(connection, rows),
      reservations: reserving,
      watcher: { crossed: alertCrossings(book), changed: allowancesChanged },
    })
  const writeLost = writerOver(control, createReservations(control))
  let away = true
  let closed = false

  const pump = createRecordPump({
    write: writerOver(records, reservations),
    uncounted: (row) => reservations.uncounted(row),
    clock,
    spool,
    log,
    away: () => {
      away = true
    },
    rejected: async (row, error) => {
      log.error(
        { err: error, row: row.call },
        'Postgres takes this call in no form; it is kept in rejected.jsonl',
      )
      await mkdir(spoolFolder, { recursive: true })
      await appendFile(
        join(spoolFolder, 'rejected.jsonl'),
        `${JSON.stringify(row satisfies RecordRow)}\n`,
        { mode: 0o600 },
      )
    },
  })

  const finishLost = async () => {
    const found = await finishLostCalls(control, {
      replicaId,
      now: clock.epochMs(),
      write: writeLost,
    })
    if (found > 0)
      log.warn(
        { calls: found },
        'calls of replicas that died were charged their holds and marked ESTIMATED',
      )
  }

  const connect = async () => {
    await ensureRequestPartitions(control, { fromEpochMs: clock.epochMs() })
    if (soleReplica) await expel(control, replicaId)
    await beat(control, replicaId)
    await book.reload()
    away = false
    pump.connect()
  }

  /** Runs `task` at once, then every `ms`; never twice at a time, and never where it makes no sense. */
  const every = (ms: number, task: () => Promise<void>) => {
    let busy = false
    return clock.every(ms, () => {
      if (busy || closed) return
      busy = true
      void task()
        .catch((error: unknown) => log.warn({ err: error }, 'Postgres does not answer'))
        .finally(() => {
          busy = false
        })
    })
  }

  const stops = [
    every(reconnectMs, async () => {
      if (away) await connect().catch(() => {})
    }),
    every(beatMs, async () => {
      if (away) return
      await beat(control, replicaId)
      // Whoever changes an allowance says so; this is for what was not heard.
      await book.reload()
    }),
    every(sweepMs, async () => {
      // What waits in the spool may hold the ends of calls that look lost.
      if (pump.state === 'connected') await finishLost()
    }),
    every(upkeepMs, async () => {
      if (!away) await keepStore(databaseUrl, { epochMs: clock.epochMs() })
    }),
  ]

  try {
    await connect()
    await Promise.race([pump.idle(), delay(longestDrainMs, undefined, { ref: false })])
    if (pump.state === 'connected') await finishLost()
  } catch (error) {
    log.warn(
      { err: error },
      'Postgres is away; calls are recorded on the local disk until it is back',
    )
  }

  return {
    allowances: book,
    async begin(request, attempt, reservation) {
      if (!reservation) {
        await pump.put(beginRow(request, attempt, replicaId))
        return attempt
      }
      const granted = (grant: Grant) => grantedAttempt(attempt, reservation.demand, grant)
      const { free = [] } = reservation
      const freed = free.map((each) => freedAttempt(request, each)).join(',')
      const grant = await pump.put({
        kind: 'begin',
        call: '',
        attempts: '',
        windows: windowIds(free),
        reserving: {
          ...reservation,
          free: free.flatMap(freeable),
          granted: (given) => ({
            ...beginRow(request, granted(given), replicaId),
            ...(freed !== '' && { freed }),
          }),
        },
      })
      return grant ? granted(grant) : attempt
    },
    async end(record) {
      await pump.put(endRow(record, replicaId))
    },
    flush: () => pump.idle(),
    async close() {
      closed = true
      for (const stop of stops) stop()
      await pump.idle()
      if (!away) await leave(control, replicaId).catch(() => {})
      await Promise.all([records.close(), control.close(), spool.close()])
    },
    state: () => pump.state,
  }
}
