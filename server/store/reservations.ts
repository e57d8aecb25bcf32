import type { Allowance, AllowanceAction, AllowanceUnit } from '#domain/allowance.ts'
import { busy, exceeded, type RefusedAllowance } from '#domain/allowance-refusal.ts'
import type { GatewayError } from '#domain/errors.ts'
import type { HeldWindow } from '#domain/request-record.ts'
import { decide } from '#domain/reservation.ts'
import { lockWindows } from './allowance-change.ts'
import type { Connection } from './connection.ts'
import { createCurrentWindows } from './current-windows.ts'
import type { Grant, RecordRow, Reserving } from './record-row.ts'

/** What became of rows that had to set something aside first. */
export interface Reserved {
  /** What was granted, by the row that asked. */
  readonly grants: ReadonlyMap<RecordRow, Grant>
  /** Rows that nothing can be set aside for, with the refusal. */
  readonly refused: ReadonlyMap<RecordRow, GatewayError>
  /** Rows that others stand in the way of now, with the refusal if that lasts. */
  readonly busy: ReadonlyMap<RecordRow, GatewayError>
}

/** A window as it was when it was locked. */
export interface LockedWindow {
  readonly id: string
  readonly allowanceId: string
  readonly unit: AllowanceUnit
  readonly action: AllowanceAction
  readonly limit: bigint
  readonly spent: bigint
  held: bigint
  readonly notified: number
  /** Epoch ms; null for never. */
  readonly endsAt: number | null
  readonly endsInMs: number | null
  readonly current: boolean
  /** Paused or deleted since anybody looked. */
  readonly idle: boolean
}

export interface Reservations {
  /**
   * Runs `write` in a transaction that holds all windows that the rows change or ask for, with those rows that may be
   * written: what was asked for is set aside first, in the order of the rows.
   */
  transaction(
    rows: readonly RecordRow[],
    write: (rows: readonly RecordRow[], locked: ReadonlyMap<string, LockedWindow>) => Promise<void>,
  ): Promise<Reserved>
  /**
   * The row of a call that is only counted, while nothing can be set aside, and the nothing that it is granted of its
   * windows; undefined where a limit might refuse it.
   */
  uncounted(row: RecordRow): { readonly row: RecordRow; readonly grant: Grant } | undefined
}

type LockedRow = Omit<LockedWindow, 'limit' | 'spent' | 'held'> & {
  readonly limit: string
  readonly spent: string
  readonly held: string
}

/** How often a transaction is begun anew because a window ended meanwhile. */
const mostTries = 4

/** @param connection Used by one transaction at a time. */
export function createReservations(connection: Connection): Reservations {
  const current = createCurrentWindows(connection)
  const text = lockWindows('$1::bigint[]')

  const idsOf = (rows: readonly RecordRow[], asked: readonly Allowance[]) => [
    ...new Set([
      ...rows.flatMap(({ windows }) => windows),
      ...asked.flatMap((allowance) => current.known(allowance) ?? []),
    ]),
  ]

  const lock = async (ids: readonly string[]) => {
    const rows = await connection.query<LockedRow>({ name: 'lock-windows', text, values: [ids] })
    return new Map(rows.map((row) => [row.id, lockedWindow(row)]))
  }

  const transaction: Reservations['transaction'] = async (rows, write) => {
    const asked = allowancesOf(rows)
    for (let tries = 1; ; tries++) {
      const unknown = asked.filter((allowance) => current.known(allowance) === undefined)
      if (unknown.length > 0) await current.open(unknown)
      await connection.query({ text: 'begin' })
      try {
        const locked = await lock(idsOf(rows, asked))
        const ended = asked.filter((each) => !locked.get(current.known(each) ?? '')?.current)
        if (ended.length === 0 || tries === mostTries) {
          const reserved = reserveAll(rows, {
            windowOf: (each) => locked.get(current.known(each) ?? ''),
            locked,
          })
          await write(reserved.rows, locked)
          await connection.query({ text: 'commit' })
          return reserved
        }
        for (const { id } of ended) current.forget(id)
        await connection.query({ text: 'rollback' })
      } catch (error) {
        await connection.query({ text: 'rollback' }).catch(() => {})
        throw error
      }
    }
  }

  return {
    transaction,
    uncounted({ reserving }) {
      if (reserving?.allowances.some(({ action }) => action === 'BLOCK')) return undefined
      const windows = reserving?.allowances.flatMap((each) => {
        const id = current.known(each)
        return id === undefined ? [] : [{ id, unit: each.unit, held: 0n }]
      })
      const { outputTokens = 0 } = reserving?.demand ?? {}
      const grant = { outputTokens, windows: windows ?? [] }
      return reserving && { row: reserving.granted(grant), grant }
    },
  }
}

/** Decides on each row in its turn, with what those before it were granted. */
function reserveAll(
  rows: readonly RecordRow[],
  { windowOf, locked }: { windowOf: WindowOf; locked: ReadonlyMap<string, LockedWindow> },
): Reserved & { readonly rows: readonly RecordRow[] } {
  const grants = new Map<RecordRow, Grant>()
  const refused = new Map<RecordRow, GatewayError>()
  const waiting = new Map<RecordRow, GatewayError>()
  const writable: RecordRow[] = []
  for (const row of rows) {
    if (!row.reserving) {
      writable.push(row)
      continue
    }
    const { free } = row.reserving
    change(locked, free, -1n)
    const decided = reserve(row.reserving, windowOf)
    if ('refusal' in decided) {
      change(locked, free, 1n)
      ;(decided.isBusy ? waiting : refused).set(row, decided.refusal)
    } else {
      grants.set(row, decided)
      writable.push(row.reserving.granted(decided))
    }
  }
  return { grants, refused, busy: waiting, rows: writable }
}

type WindowOf = (allowance: Allowance) => LockedWindow | undefined

/** Gives back what the row's earlier attempts hold, or takes it again. */
function change(
  locked: ReadonlyMap<string, LockedWindow>,
  windows: readonly HeldWindow[],
  sign: 1n | -1n,
): void {
  for (const { id, held } of windows) {
    const window = locked.get(id)
    if (window) window.held += sign * held
  }
}

function reserve(
  { allowances, demand }: Reserving,
  windowOf: WindowOf,
): Grant | { readonly refusal: GatewayError; readonly isBusy: boolean } {
  const applying = allowances.flatMap((allowance) => {
    const window = windowOf(allowance)
    if (!window) throw new Error(`the allowance ${allowance.id} has no window`)
    return window.idle ? [] : [{ allowance, window }]
  })
  const decision = decide(
    demand,
    applying.map(({ window }) => window),
  )
  if (decision.kind === 'GRANTED') {
    const windows = applying.map(({ window }, index) => {
      const held = decision.holds[index] ?? 0n
      window.held += held
      return { id: window.id, unit: window.unit, held }
    })
    return { outputTokens: decision.outputTokens, windows }
  }
  const refusing = applying[decision.window]
  if (!refusing) throw new TypeError('a window refuses that was not asked')
  const refused = refusedBy(refusing)
  const isBusy = decision.kind === 'BUSY'
  const { endsInMs } = refusing.window
  return { isBusy, refusal: isBusy ? busy(refused) : exceeded(refused, endsInMs) }
}

/** The allowance as it is now, which may not be what was looked up. */
function refusedBy({
  allowance,
  window: { limit, spent, held, endsAt },
}: {
  allowance: Allowance
  window: LockedWindow
}): RefusedAllowance {
  return { allowance: { ...allowance, limit }, spent, held, resetsAt: endsAt }
}

function allowancesOf(rows: readonly RecordRow[]): readonly Allowance[] {
  const asked = new Map<string, Allowance>()
  for (const { reserving } of rows)
    for (const allowance of reserving?.allowances ?? []) asked.set(allowance.id, allowance)
  return [...asked.values()]
}

function lockedWindow(row: LockedRow): LockedWindow {
  return {
    ...row,
    limit: BigInt(row.limit),
    spent: BigInt(row.spent),
    held: BigInt(row.held),
  }
}
