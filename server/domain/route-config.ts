import type { ErrorCode } from './errors.ts'
import type { Timeouts } from './config.ts'
import type { Resilience } from './resilience.ts'
import type { RouteCondition } from './route-condition.ts'
import type { RoutingStrategy } from './route-strategy.ts'
import type { Recovery } from './stream-recovery.ts'

/** A target as a route names it. What is absent is its provider's. */
export interface RouteTarget {
  /** `provider:model`. */
  readonly name: string
  readonly weight?: number | undefined
  readonly takesPrefix?: boolean | undefined
  readonly timeouts?: Timeouts | undefined
  readonly resilience?: Resilience | undefined
  /** Where it has policies of its own: what its health, circuit and latency are kept apart by. */
  readonly scope?: string | undefined
}

/** Targets, and how one of them is chosen. */
export interface RouteChoice {
  readonly strategy: RoutingStrategy
  /** At least one. */
  readonly targets: readonly RouteTarget[]
}

/** A name under which several targets can be asked. */
export interface RouteConfig extends RouteChoice {
  readonly name: string
  /** The first whose condition holds says where a call goes instead. */
  readonly rules: readonly (RouteChoice & { readonly when: RouteCondition })[]
  /** Asked when the context is too long for the others. */
  readonly larger: readonly RouteTarget[]
  readonly fallBackOn: readonly ErrorCode[]
  readonly recovery: Recovery | undefined
  readonly streamGuard: 'NONE' | 'BUFFER'
}
