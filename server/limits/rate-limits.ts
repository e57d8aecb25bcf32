import {
  counterOf,
  isOfProvider,
  pointsOf,
  rateLimited,
  type RateLimitRule,
} from '#domain/rate-limit.ts'
import type { Call } from '#gateway/call.ts'
import type { Clock, RateLimits } from '#gateway/ports.ts'
import type { CountersFor } from './rate-counters.ts'
import { type Ask, look, refusedOf, type Outcome, type RuleCounters, takeAll } from './take-all.ts'
import { tokenBound } from './token-bound.ts'
import { WaitingLine } from './waiting-line.ts'

/** The rules in force, with what was counted by each. */
export interface RuledRateLimits extends RateLimits {
  /** Puts other rules in force. A rule that keeps its name, unit and window keeps what was counted. */
  activate(rules: readonly RateLimitRule[]): void
}

/** How often the first in a line tries: what other replicas give back is not heard here. */
const retryMs = 1000

/**
 * Limits calls by rules. What a call takes, it takes from all rules that apply, or from none. Where a rule lets calls
 * wait, they wait in one line for each of its counters.
 *
 * @param maxWaiting How many may wait for one counter; one more is refused at once.
 */
export function createRateLimits({
  countersFor,
  clock,
  maxWaiting = 1000,
}: {
  countersFor: CountersFor
  clock: Clock
  maxWaiting?: number
}): RuledRateLimits {
  let active: readonly RuleCounters[] = []

  const asksOf = (call: Call): Ask[] | undefined => {
    let asks: Ask[] | undefined
    for (const { rule, counters, lines } of active) {
      const counter = counterOf(rule, call)
      if (counter === undefined) continue
      const points = pointsOf(rule, rule.unit === 'TOKENS' ? tokenBound(rule, call) : 1)
      ;(asks ??= []).push({ rule, counters, lines, counter, points })
    }
    return asks
  }

  const wait = async (
    call: Call,
    { asks, by, waits }: { asks: readonly Ask[]; by: Ask; waits: Waits },
  ) => {
    const line = lineOf(by) ?? new WaitingLine(clock)
    if (line.length >= maxWaiting) throw await refusal(call, { asks, by })
    by.lines.set(by.counter, line)
    waits(call, line.length)
    const since = clock.now()
    const left = () => since + by.rule.maxWaitMs - clock.now()
    const place = line.join()
    try {
      for (;;) {
        let pause = left()
        if (place.isFirst) {
          const outcome = await takeAll(call, { asks, clock })
          if ('settle' in outcome) return outcome.settle
          if (!mayWait(outcome) || left() <= 0) throw outcome.error
          pause = Math.min(outcome.resetMs, retryMs, left())
        } else if (pause <= 0) throw await refusal(call, { asks, by })
        await place.pause(pause, call.cancellation)
      }
    } finally {
      call.queuedMs += clock.now() - since
      place.leave()
      if (line.length === 0) by.lines.delete(by.counter)
    }
  }

  const admit = async (call: Call, { asks, waits }: { asks: readonly Ask[]; waits: Waits }) => {
    // Whoever comes while others wait goes behind them.
    const behind = asks.find((ask) => ask.rule.onLimit === 'QUEUE' && lineOf(ask))
    if (behind) return wait(call, { asks, by: behind, waits })
    const outcome = await takeAll(call, { asks, clock })
    if ('settle' in outcome) return outcome.settle
    if (!mayWait(outcome)) throw outcome.error
    return wait(call, { asks, by: outcome.by, waits })
  }

  return {
    activate(rules) {
      const before = new Map(active.map((each) => [identity(each.rule), each]))
      active = rules.map((rule) => {
        const { counters, lines } = before.get(identity(rule)) ?? {
          counters: countersFor(rule),
          lines: new Map<string, WaitingLine>(),
        }
        counters.limit = rule.limit
        return { rule, counters, lines }
      })
    },
    take(call, waits) {
      const asks = asksOf(call)
      return asks && admit(call, { asks, waits })
    },
    takeElsewhere(call) {
      const asks = asksOf(call)?.filter(({ rule }) => isOfProvider(rule)) ?? []
      if (asks.length === 0) return undefined
      return takeAll(call, { asks, clock }).then((outcome) => {
        if ('settle' in outcome) return outcome.settle
        throw outcome.error
      })
    },
    async refusals(call) {
      const asks = asksOf(call) ?? []
      const standings = await look(asks)
      return standings.flatMap((standing, index) => {
        const { points, rule } = asks[index]!
        const refuses = rule.onLimit === 'REFUSE' && standing.remaining < points
        return refuses ? rateLimited(standing, refusedOf(asks[index]!)) : []
      })
    },
  }
}

type Waits = Parameters<RateLimits['take']>[1]

const lineOf = ({ lines, counter }: Ask) => lines.get(counter)

const identity = ({ name, unit, windowS }: RateLimitRule) => `${name}/${unit}/${windowS}`

const mayWait = ({ refusedBy }: Extract<Outcome, { error: Error }>) =>
  refusedBy.every(({ rule }) => rule.onLimit === 'QUEUE')

/** For a call that has not tried: says how the rules stand, and takes nothing. */
async function refusal(call: Call, { asks, by }: { asks: readonly Ask[]; by: Ask }) {
  const standings = await look(asks)
  call.rateLimits = standings
  const own = standings[asks.indexOf(by)]
  if (!own) throw new TypeError(`${by.rule.name} is not one of the rules asked`)
  return rateLimited(own, refusedOf(by))
}
