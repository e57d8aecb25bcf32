import type { GatewayError } from '#domain/errors.ts'
import {
  isOfProvider,
  rateLimited,
  type RateLimitRule,
  type RateStanding,
} from '#domain/rate-limit.ts'
import type { Call } from '#gateway/call.ts'
import type { Clock } from '#gateway/ports.ts'
import type { RateCounters, Take } from './rate-counters.ts'
import type { WaitingLine } from './waiting-line.ts'

/** A rule in force, with its counters, and who waits for which of them. */
export interface RuleCounters {
  readonly rule: RateLimitRule
  readonly counters: RateCounters
  readonly lines: Map<string, WaitingLine>
}

/** What a call asks of a rule that applies to it. */
export interface Ask extends RuleCounters {
  readonly counter: string
  readonly points: number
}

export type Outcome =
  /** To be told what the call used, once, when it has ended. */
  | { readonly settle: (usedTokens: number) => void }
  | {
      readonly error: GatewayError
      readonly refusedBy: readonly Ask[]
      /** Of those that refused, the one whose window ends last, and when that is. */
      readonly by: Ask
      readonly resetMs: number
    }

/**
 * Takes from all rules or from none, and tells the call how they stand.
 *
 * @throws {GatewayError} The reason for which the call was cancelled meanwhile.
 */
export async function takeAll(
  call: Call,
  { asks, clock }: { asks: readonly Ask[]; clock: Clock },
): Promise<Outcome> {
  const taken = await Promise.all(
    asks.map(async (ask) => ({ ask, take: await ask.counters.take(ask.counter, ask.points) })),
  )
  const refused = taken.filter(({ take }) => !take.granted)
  if (refused.length === 0 && !call.cancellation.reason) {
    restate(
      call,
      taken.map(({ ask, take }) => standing(ask, take)),
    )
    return { settle: settler(call, { taken, clock, takenAt: clock.now() }) }
  }
  const standings = taken.map(({ ask, take }) => {
    if (!take.granted) return standing(ask, take)
    take.giveBack(ask.points)
    return standing(ask, take, { back: ask.points })
  })
  restate(call, standings)
  if (call.cancellation.reason) throw call.cancellation.reason
  const [last] = refused.toSorted((a, b) => b.take.resetMs - a.take.resetMs)
  if (!last) throw new TypeError('nothing was refused')
  const { ask, take } = last
  return {
    error: rateLimited(standing(ask, take), refusedOf(ask)),
    refusedBy: refused.map((each) => each.ask),
    by: ask,
    resetMs: take.resetMs,
  }
}

/** What a refusal says of the call that asked. */
export const refusedOf = ({ points, rule }: Ask) => ({ points, ofProvider: isOfProvider(rule) })

/** Tells the call how rules stand, in place of what it was told of them before. */
function restate(call: Call, standings: readonly RateStanding[]): void {
  const others = call.rateLimits.filter((known) => !standings.some((each) => isSame(each, known)))
  call.rateLimits = others.length === 0 ? standings : [...others, ...standings]
}

const isSame = (one: RateStanding, other: RateStanding): boolean =>
  one.policy === other.policy && one.unit === other.unit && one.windowS === other.windowS

/** How the rules stand; takes nothing. */
export function look(asks: readonly Ask[]): Promise<readonly RateStanding[]> {
  return Promise.all(asks.map(async (ask) => standing(ask, await ask.counters.look(ask.counter))))
}

function settler(
  call: Call,
  {
    taken,
    clock,
    takenAt,
  }: { taken: readonly { ask: Ask; take: Take }[]; clock: Clock; takenAt: number },
): (usedTokens: number) => void {
  return (usedTokens) => {
    const elapsedMs = clock.now() - takenAt
    const standings = taken.map(({ ask, take }) => {
      const back = ask.rule.unit === 'TOKENS' ? ask.points - usedTokens : 0
      take.giveBack(back)
      if (back > 0) ask.lines.get(ask.counter)?.wake()
      return standing(ask, take, { back, elapsedMs })
    })
    restate(call, standings)
  }
}

function standing(
  { rule: { name, unit, limit, windowS } }: Ask,
  { remaining, resetMs }: Pick<Take, 'remaining' | 'resetMs'>,
  { back = 0, elapsedMs = 0 } = {},
): RateStanding {
  return {
    policy: name,
    unit,
    limit,
    windowS,
    remaining: Math.max(0, Math.min(limit, remaining + back)),
    resetMs: Math.max(1, resetMs - elapsedMs),
  }
}
