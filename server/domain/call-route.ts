import type { ErrorCode } from './errors.ts'
import type { Ticks } from './money.ts'
import type { RoutingStrategy } from './route-strategy.ts'
import type { Recovery } from './stream-recovery.ts'

/** What one call asks of its routing; a key's policy may forbid it. */
export interface RoutingWish {
  readonly strategy?: RoutingStrategy | undefined
  /** Patterns of `provider:model`; none allows all. */
  readonly allow: readonly string[]
  readonly deny: readonly string[]
  /** Names to be asked when the model's own targets have failed: aliases, routes, `provider:model`. */
  readonly fallbacks: readonly string[]
  /** The most that the call may cost, in ticks. */
  readonly maxCost: Ticks | null
  /** The most that the call may take in all, in milliseconds. */
  readonly timeoutMs: number | undefined
}

/** Where a call can be served, and how its targets are chosen and its answer is guarded. */
export interface CallRoute<Target> {
  /** Of a route, one of its rules, or `provider:model`. ROUND_ROBIN counts its turns by it. */
  readonly name: string
  readonly strategy: RoutingStrategy
  /** In the route's order; at least one. Nothing is said yet of whether they can be asked. */
  readonly targets: readonly Target[]
  /** Asked in this order when all others have failed or are left out. Absent: none. */
  readonly fallbacks?: readonly Target[]
  /** Asked in place of the others after CONTEXT_LENGTH_EXCEEDED. */
  readonly larger: readonly Target[]
  /** Codes after which the next target is asked though the table of errors says no. */
  readonly fallBackOn: ReadonlySet<ErrorCode>
  /** Undefined: the rule of stream-recovery.ts decides. */
  readonly recovery: Recovery | undefined
  /** BUFFER: the caller sees nothing of an answer before it is whole. */
  readonly streamGuard: 'NONE' | 'BUFFER'
}
