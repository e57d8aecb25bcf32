import { GatewayError } from '#domain/errors.ts'
import type { Clock } from '#gateway/ports.ts'
import { callKey, type Grant, type RecordRow } from './record-row.ts'
import type { Written } from './record-writer.ts'
import type { Spool } from './spool.ts'
import type { StoreLog } from './store-log.ts'
import { createWaitingRoom } from './waiting-room.ts'

/** `connected`: rows go to Postgres; `spooling`: to the local disk; `full`: calls that begin are refused. */
export type RecordState = 'connected' | 'spooling' | 'full'

export interface RecordPump {
  /**
   * Resolves when the row is durable, in Postgres or in the spool, with what was set aside for it.
   *
   * @throws {GatewayError} OVERLOADED when neither takes it; INTERNAL when the row cannot be written at all; the
   *   refusal when what it asks for cannot be set aside.
   */
  put(row: RecordRow): Promise<Grant | undefined>
  /** Tells that Postgres can be reached (again): what waits in the spool goes there first. */
  connect(): void
  readonly state: RecordState
  /** Resolves when nothing is under way. */
  idle(): Promise<void>
}

interface Waiting {
  readonly row: RecordRow
  readonly resolve: (grant?: Grant) => void
  readonly reject: (error: unknown) => void
}

/** Ends that neither Postgres nor the disk took wait in memory, at most that many. */
const mostKept = 20_000

/**
 * Writes rows in the order in which they come, one batch at a time: whatever arrives while a batch is written is the
 * next one, so that batches grow with the load and no timer is needed.
 *
 * @param away Told when Postgres went away; `connect` is to be called when it is back.
 * @param rejected Told of rows that Postgres takes in no form.
 */
export function createRecordPump({
  write,
  uncounted,
  clock,
  spool,
  log,
  away,
  rejected,
  batchSize = 500,
}: {
  write: (rows: readonly RecordRow[]) => Promise<Written>
  /** What to keep of a row that asks for something while Postgres is away, and to grant it; undefined refuses it. */
  uncounted: (row: RecordRow) => { readonly row: RecordRow; readonly grant: Grant } | undefined
  clock: Clock
  spool: Spool
  log: StoreLog
  away: () => void
  rejected: (row: RecordRow, error: unknown) => Promise<void>
  batchSize?: number
}): RecordPump {
  let waiting: Waiting[] = []
  let kept: RecordRow[] = []
  let connected = false
  let diskFailed = false
  let running: Promise<void> | undefined
  const waits = createWaitingRoom<Waiting>(clock, {
    cancellationOf: ({ row }) => row.reserving?.cancellation,
    refuse: ({ reject }, reason) => reject(reason),
    ready: () => start(),
  })

  const disconnect = (error: unknown) => {
    if (connected)
      log.warn(
        { err: error },
        'Postgres is away; calls are recorded on the local disk until it is back',
      )
    connected = false
    away()
  }

  const send = async (rows: readonly RecordRow[]): Promise<Written | undefined> => {
    try {
      const written = await write(rows)
      for (const [row, error] of written.rejected) await rejected(row, error)
      return written
    } catch (error) {
      disconnect(error)
      return undefined
    }
  }

  const store = async (batch: readonly Waiting[]) => {
    const written =
      connected && spool.size === 0 ? await send(batch.map(({ row }) => row)) : undefined
    if (!written) return keep(batch.flatMap(countless))
    for (const asking of batch) {
      const { row, resolve, reject } = asking
      const refusal = written.refused.get(row)
      const hindrance = written.busy.get(row)
      if (refusal) reject(refusal)
      else if (hindrance) waits.enter(asking, hindrance)
      else if (written.rejected.has(row))
        reject(new GatewayError('INTERNAL', 'The call could not be recorded.'))
      else resolve(written.grants.get(row))
    }
    if (batch.some(({ row }) => row.kind === 'end' && row.windows.length > 0)) waits.freed()
  }

  /** While Postgres is away nothing can be set aside. */
  const countless = (asking: Waiting): Waiting[] => {
    if (!asking.row.reserving) return [asking]
    const counted = uncounted(asking.row)
    if (counted)
      return [{ ...asking, row: counted.row, resolve: () => asking.resolve(counted.grant) }]
    asking.reject(
      new GatewayError('OVERLOADED', 'Budgets and quotas cannot be checked now; try again later.'),
    )
    return []
  }

  const keep = async (batch: readonly Waiting[]) => {
    const taken = spool.full ? batch.filter(({ row }) => row.kind === 'end') : batch
    try {
      if (taken.length > 0) await spool.append(taken.map(({ row }) => row))
      diskFailed = false
      for (const { resolve } of taken) resolve()
    } catch (error) {
      if (!diskFailed)
        log.error({ err: error }, 'the local disk does not take records while Postgres is away')
      diskFailed = true
      kept.push(
        ...taken.flatMap(({ row }) => (row.kind === 'end' && kept.length < mostKept ? row : [])),
      )
    }
    // A promise that is resolved stays so: this refuses those that were not.
    for (const { reject } of batch)
      reject(new GatewayError('OVERLOADED', 'Calls cannot be recorded now; try again later.'))
  }

  const drain = async () => {
    const rows = await spool.next()
    const ended = new Set(rows.filter(({ kind }) => kind === 'end').map(callKey))
    const needed = rows.filter((row) => row.kind === 'end' || !ended.has(callKey(row)))
    for (let from = 0; from < needed.length; from += batchSize) {
      if (!(await send(needed.slice(from, from + batchSize)))) return
    }
    await spool.drained()
    if (spool.size === 0) log.info({}, 'what was recorded on the local disk is in Postgres')
  }

  const resend = async () => {
    const rows = kept.slice(0, batchSize)
    if (await send(rows)) kept = kept.slice(rows.length)
  }

  const run = async () => {
    // Whatever else this turn of the event loop brings belongs to the first batch.
    await new Promise((resolve) => setImmediate(resolve))
    while (
      waiting.length > 0 ||
      waits.ready ||
      (connected && (spool.size > 0 || kept.length > 0))
    ) {
      if (connected && spool.size > 0) await drain()
      else if (connected && kept.length > 0) await resend()
      // Those who have waited come first; they do not count, for those that end make room for them.
      const batch = [...waits.leave(), ...waiting.slice(0, batchSize)]
      waiting = waiting.slice(batchSize)
      if (batch.length > 0) await store(batch)
    }
    running = undefined
  }

  const start = () => {
    running ??= run().catch((error: unknown) => {
      running = undefined
      log.error({ err: error }, 'the record pump failed')
      disconnect(error)
    })
  }

  return {
    put: (row) =>
      new Promise<Grant | undefined>((resolve, reject) => {
        waiting.push({ row, resolve, reject })
        start()
      }),
    connect() {
      connected = true
      start()
    },
    get state() {
      if (connected && spool.size === 0) return 'connected'
      return spool.full || diskFailed ? 'full' : 'spooling'
    },
    async idle() {
      while (running) await running
    },
  }
}
