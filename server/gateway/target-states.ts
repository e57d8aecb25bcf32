import { Breaker } from '#domain/breaker.ts'
import { keptCircuit, type Moment } from '#domain/circuit-snapshot.ts'
import { CoolDown } from '#domain/cool-down.ts'
import type { KeptTarget } from '#domain/kept-target.ts'
import { PeakEwma } from '#domain/peak-ewma.ts'
import { defaultResilience, type Resilience } from '#domain/resilience.ts'
import { RetryBudget } from '#domain/retry-budget.ts'
import { enabled, type HealthOverride, type TargetHealth } from '#domain/target-health.ts'
import type { UpstreamLimits } from '#domain/upstream-limits.ts'
import type { Target } from './call.ts'

/** What this process knows of one target. Instants are monotonic milliseconds unless they say otherwise. */
export interface TargetState {
  /** `provider:model`, and `@route` behind it where a route has policies of its own for it. */
  readonly name: string
  readonly providerName: string
  readonly model: string
  readonly resilience: Resilience
  /** Undefined: it has no circuit. */
  breaker: Breaker | undefined
  readonly coolDown: CoolDown
  readonly retryBudget: RetryBudget
  readonly latency: PeakEwma
  health: TargetHealth
  /** Attempts that it is working on. */
  inFlight: number
  /** What it last said of its limits, and when (epoch ms). */
  told: { readonly limits: UpstreamLimits; readonly at: number } | undefined
  /** When a call or a check last showed whether it works; undefined: nobody knows. */
  provenAt: number | undefined
}

/** What this process knows of all targets, and what people have decided of providers. */
export interface TargetStates {
  /** The state of a target; a new one where nothing is known of it. */
  of(target: Pick<Target, 'adapter' | 'model' | 'resilience' | 'scope'>): TargetState
  /** All that is known of a provider's targets. */
  ofProvider(providerName: string): readonly TargetState[]
  all(): Iterable<TargetState>
  override(providerName: string): HealthOverride
  setOverride(providerName: string, override: HealthOverride): void
  /** Calls back after every attempt or check that may have changed a target's circuit or health. */
  onChange(listener: (state: TargetState) => void): () => void
  /** Tells of such a change. */
  changed(state: TargetState): void
}

/** So many targets are known at once; callers can invent names. */
const mostTargets = 2_000

/**
 * Keeps what is known of targets, those in use last.
 *
 * @param memory Asked whenever a target is seen for the first time, or has got other policies. @default nothing is known
 */
export function createTargetStates(memory?: {
  kept(name: string): KeptTarget | undefined
  moment(): Moment
}): TargetStates {
  const states = new Map<string, TargetState>()
  const overrides = new Map<string, HealthOverride>()
  const listeners = new Set<(state: TargetState) => void>()

  const make = ({ adapter, model, resilience = defaultResilience, scope }: Asked): TargetState => {
    const name = nameOf({ adapter, model, scope })
    const { breaker, disabling } = resilience
    const kept = memory?.kept(name)
    return {
      name,
      providerName: adapter.config.name,
      model,
      resilience,
      breaker: breaker
        ? new Breaker(
            breaker,
            memory && kept && keptCircuit(kept.circuit, memory.moment(), breaker),
          )
        : undefined,
      coolDown: new CoolDown(),
      retryBudget: new RetryBudget(resilience.retryBudget),
      latency: new PeakEwma(),
      health: (disabling && kept?.health) || enabled,
      inFlight: 0,
      told: undefined,
      provenAt: undefined,
    }
  }

  const forgetOne = () => {
    for (const [name, { inFlight }] of states) if (inFlight === 0) return states.delete(name)
    return false
  }

  return {
    of(target) {
      const name = nameOf(target)
      const known = states.get(name)
      const isSame = known?.resilience === (target.resilience ?? defaultResilience)
      if (!known && states.size >= mostTargets) forgetOne()
      const state = known && isSame ? known : make(target)
      // Behind all others: the one that was used longest ago is forgotten first.
      states.delete(name)
      states.set(name, state)
      return state
    },
    ofProvider: (providerName) =>
      [...states.values()].filter((state) => state.providerName === providerName),
    all: () => [...states.values()],
    override: (providerName) => overrides.get(providerName) ?? 'AUTO',
    setOverride(providerName, override) {
      overrides.set(providerName, override)
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    changed(state) {
      for (const listener of listeners) listener(state)
    },
  }
}

type Asked = Pick<Target, 'adapter' | 'model' | 'resilience' | 'scope'>

function nameOf({ adapter, model, scope }: Omit<Asked, 'resilience'>): string {
  const name = `${adapter.config.name}:${model}`
  return scope === undefined ? name : `${name}@${scope}`
}
