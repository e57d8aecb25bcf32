import { circuitVerdict } from '#domain/circuit-verdict.ts'
import type { Moment } from '#domain/circuit-snapshot.ts'
import {
  circuitNow,
  isSameCircuit,
  isSameTarget,
  isWell,
  type KeptRow,
  type KeptTarget,
  type TargetChange,
} from '#domain/kept-target.ts'
import type { ProviderCheck } from '#domain/provider-check.ts'
import { enabled, healthAfter } from '#domain/target-health.ts'
import type { TargetStanding } from '#domain/target-standing.ts'
import type { Clock } from '#gateway/ports.ts'
import type { TargetState, TargetStates } from '#gateway/target-states.ts'
import type { Logger } from '#telemetry/logger.ts'
import { createGatherer } from './gatherer.ts'

/** Where targets are kept that are not well. */
export interface TargetShelf {
  read(): Promise<readonly KeptRow[]>
  write(changes: readonly TargetChange[]): Promise<void>
}

/**
 * Remembers open circuits and disabled targets over a restart, in the background of calls. A circuit is each replica's
 * own; whether a target is disabled is shared.
 */
export interface TargetMemory {
  kept(name: string): KeptTarget | undefined
  moment(): Moment
  /** From now on what happens to these is kept. */
  watch(states: TargetStates): void
  /** Reads what is kept, by whichever replica. */
  load(): Promise<void>
  /** All targets of a provider that are known, used or remembered. */
  standings(providerName: string): readonly TargetStanding[]
  /** Learns from an active check: it wakes circuits that are open for long, and speaks for or against targets that are disabled or idle. */
  checked(check: ProviderCheck): void
  /** By hand: all circuits of a provider are closed, and all of its targets enabled. */
  reset(providerName: string): void
  close(): Promise<void>
}

const everyMs = 1000
/** Whoever has had no call for so long is idle; a circuit that is open for so long is woken by a check. */
const idleMs = 30_000

export function createTargetMemory({
  shelf,
  clock,
  log,
}: {
  shelf: TargetShelf
  clock: Clock
  log: Logger
}): TargetMemory {
  /** What is kept, by whichever replica. */
  const rows = new Map<string, KeptRow>()
  /** What this replica has said of targets that calls have used here; nothing of those that were well. */
  const said = new Map<string, KeptTarget>()
  /** What is not written yet: older rows do not overrule it. */
  const unwritten = new Map<string, number>()
  let states: TargetStates | undefined

  const gatherer = createGatherer<TargetChange>({
    clock,
    everyMs,
    merge: (earlier, later) => ({ ...later, opened: earlier.opened + later.opened }),
    async write(changes) {
      const before = new Map(unwritten)
      await shelf.write(changes)
      for (const [name, serial] of before)
        if (unwritten.get(name) === serial) unwritten.delete(name)
    },
    failed: (err) => log.warn({ err }, 'the health of targets cannot be kept now; once more'),
  })
  const moment = (): Moment => ({ now: clock.now(), epochMs: clock.epochMs() })

  let serial = 0
  const keep = (row: KeptRow, before: KeptTarget | undefined) => {
    const { name, providerName, circuit, health } = row
    const well = isWell(row)
    if (well ? !before : before && isSameTarget(before, row)) return
    if (well) rows.delete(name)
    else rows.set(name, row)
    const opened = circuit.state === 'OPEN' && !isSameCircuit(before?.circuit, circuit) ? 1 : 0
    unwritten.set(name, ++serial)
    gatherer.put(name, { name, providerName, kept: well ? null : { circuit, health }, opened })
  }
  const rowOf = ({ name, providerName, breaker, health }: TargetState): KeptRow => ({
    name,
    providerName,
    circuit: breaker?.snapshot(moment()) ?? { state: 'CLOSED' },
    health,
  })
  const say = (row: KeptRow) => {
    if (isWell(row)) said.delete(row.name)
    else said.set(row.name, row)
  }
  const changed = (state: TargetState) => {
    const row = rowOf(state)
    keep(row, said.get(state.name))
    say(row)
  }
  const made = (providerName: string) => states?.ofProvider(providerName) ?? []
  const unmade = (providerName: string): readonly KeptRow[] => {
    const names = new Set(made(providerName).map(({ name }) => name))
    return [...rows.values()].filter(
      (row) => row.providerName === providerName && !names.has(row.name),
    )
  }
  const tell = (state: TargetState) => states?.changed(state)

  const learn = (state: TargetState, check: ProviderCheck) => {
    const now = clock.now()
    const verdict = circuitVerdict(check.code)
    const { disabling } = state.resilience
    const isIdle = state.provenAt === undefined || now - state.provenAt >= idleMs
    const counts = state.health.state === 'DISABLED' || (isIdle && verdict === 'FAILURE')
    if (disabling && counts)
      state.health = healthAfter(state.health, { verdict, at: check.at }, disabling)
    const circuit = state.breaker?.snapshot(moment())
    const isOld = circuit?.state === 'OPEN' && clock.epochMs() - circuit.openedAt >= idleMs
    if (isOld && verdict === 'SUCCESS') state.breaker?.wake(now)
    tell(state)
  }

  let last: Promise<void> = Promise.resolve()
  const load = async () => {
    const read = await shelf.read()
    const names = new Set(read.map(({ name }) => name))
    for (const name of rows.keys()) if (!names.has(name) && !unwritten.has(name)) rows.delete(name)
    for (const row of read) if (!unwritten.has(row.name)) rows.set(row.name, row)
    for (const state of states?.all() ?? []) {
      const shared = rows.get(state.name)?.health ?? enabled
      if (unwritten.has(state.name) || shared.state === state.health.state) continue
      if (!state.resilience.disabling) continue
      state.health = shared
      // It is written down already.
      say(rowOf(state))
      tell(state)
    }
  }

  return {
    kept(name) {
      const row = rows.get(name)
      if (row) said.set(name, row)
      else said.delete(name)
      return row
    },
    moment,
    watch(watched) {
      states = watched
      watched.onChange(changed)
    },
    load() {
      // One after another: an older answer never overrules a younger one.
      last = last.catch(() => {}).then(load)
      return last
    },
    standings(providerName) {
      const now = clock.now()
      return [
        ...made(providerName).map(({ breaker, health, provenAt }) => ({
          circuit: breaker?.snapshot(moment()) ?? null,
          health,
          provenMsAgo: provenAt === undefined ? null : now - provenAt,
        })),
        ...unmade(providerName).map(({ circuit, health }) => ({
          circuit: circuitNow(circuit, clock.epochMs()),
          health,
          provenMsAgo: null,
        })),
      ]
    },
    checked(check) {
      const { providerName, code, at } = check
      for (const state of made(providerName)) learn(state, check)
      const verdict = circuitVerdict(code)
      for (const row of unmade(providerName)) {
        const health = row.health.state === 'DISABLED' && healthAfter(row.health, { verdict, at })
        const circuit = verdict === 'SUCCESS' ? { state: 'CLOSED' as const } : row.circuit
        keep({ ...row, circuit, health: health || row.health }, row)
      }
    },
    reset(providerName) {
      for (const state of made(providerName)) {
        state.breaker?.reset()
        state.coolDown.reset()
        state.health = enabled
        tell(state)
      }
      for (const row of unmade(providerName))
        keep({ ...row, circuit: { state: 'CLOSED' }, health: enabled }, row)
    },
    close: () => gatherer.close(),
  }
}
