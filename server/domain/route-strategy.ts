import type { Ticks } from './money.ts'

/** How a route chooses among the targets that can serve a call. */
export type RoutingStrategy =
  | 'PRIORITY'
  | 'LOWEST_COST'
  | 'LOWEST_LATENCY'
  | 'WEIGHTED'
  | 'ROUND_ROBIN'
  | 'LEAST_BUSY'

/** What strategies look at, of one target. */
export interface Candidate {
  /** Its share of the calls, against the others' shares; 0 is only for when the others have failed. */
  readonly weight: number
  /** What this call will probably cost there, in ticks; null where no price is known. */
  readonly expectedCost: Ticks | null
  /** By peak-ewma.ts; null before the first answer. */
  readonly latencyMs: number | null
  /** Calls that it is working on. */
  readonly inFlight: number
}

/** What makes one call's order differ from the next one's. */
export interface Turn {
  /** Rises by one with each call of the route; for ROUND_ROBIN. */
  readonly turn: number
  /** Numbers from 0 up to 1. */
  readonly chance: () => number
}

/**
 * Orders targets: the first is asked, the others in case it fails. All are in it, each once; those that are equal keep
 * the order in which they came, which is the route's.
 */
export function inOrder<Target extends Candidate>(
  targets: readonly Target[],
  strategy: RoutingStrategy,
  { turn, chance }: Turn,
): readonly Target[] {
  switch (strategy) {
    case 'PRIORITY':
      return targets
    case 'WEIGHTED':
      return byKey(targets, ({ weight }) => arrival(weight, chance()))
    case 'ROUND_ROBIN': {
      const first = turn % Math.max(1, targets.length)
      return [...targets.slice(first), ...targets.slice(0, first)]
    }
    case 'LOWEST_COST':
      return targets.toSorted((one, other) => byCost(one.expectedCost, other.expectedCost))
    case 'LOWEST_LATENCY':
      return byKey(targets, expectedWait)
    case 'LEAST_BUSY':
      return leastBusy(targets, chance)
  }
}

function byKey<Target>(
  targets: readonly Target[],
  key: (target: Target) => number,
): readonly Target[] {
  return targets
    .map((target) => ({ target, rank: key(target) }))
    .toSorted((one, other) => (one.rank === other.rank ? 0 : one.rank - other.rank))
    .map(({ target }) => target)
}

/**
 * When the first of events that come at that rate would come: the one that is first is so with a probability
 * proportional to its rate, and so on among the others (Efraimidis and Spirakis, 2006).
 */
function arrival(rate: number, chance: number): number {
  return rate > 0 ? -Math.log(1 - chance) / rate : Infinity
}

function byCost(one: Ticks | null, other: Ticks | null): number {
  if (one === null || other === null) return Number(one === null) - Number(other === null)
  return one < other ? -1 : Number(one > other)
}

/** Nobody knows a target that has not answered yet: it is asked at once, but by one call at a time. */
function expectedWait({ latencyMs, inFlight }: Candidate): number {
  if (latencyMs === null) return inFlight === 0 ? -1 : Infinity
  return latencyMs * (inFlight + 1)
}

/**
 * Takes two at random and of these the less busy one, then again of those that are left: nearly as even as taking the
 * least busy of all, without everybody taking the same one (Mitzenmacher, "The Power of Two Choices", 2001).
 */
function leastBusy<Target extends Candidate>(
  targets: readonly Target[],
  chance: () => number,
): readonly Target[] {
  const left = [...targets]
  const draw = () => left.splice(Math.floor(chance() * left.length), 1)
  const order: Target[] = []
  while (left.length > 0) {
    const [one, other] = [...draw(), ...draw()]
    if (!one) break
    if (!other) order.push(one)
    else if (other.inFlight < one.inFlight) {
      order.push(other)
      left.push(one)
    } else {
      order.push(one)
      left.push(other)
    }
  }
  return order
}
