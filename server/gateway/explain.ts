import { allowanceRefusals } from '#domain/allowance-outlook.ts'
import type { JudgedTarget } from '#domain/eligible-targets.ts'
import { GatewayError } from '#domain/errors.ts'
import { expectedUsage } from '#domain/expected-usage.ts'
import { exclusionError, failureOfAll } from '#domain/failed-targets.ts'
import { holdFor } from '#domain/hold.ts'
import type { Ticks } from '#domain/money.ts'
import type { PlannedRule } from '#domain/planned-rule.ts'
import type { RoutingStrategy } from '#domain/route-strategy.ts'
import { allowanceSubject } from './allowance-subject.ts'
import type { Call, Target } from './call.ts'
import { type PreviewedRules, previewRules } from './call-rules.ts'
import { demandAt } from './demand-at.ts'
import { permittedRoute } from './permitted-route.ts'
import type { GatewayPorts } from './ports.ts'
import { lackOfRight } from './right-to-complete.ts'
import type { Choice, TargetChoice } from './target-choice.ts'

/** A target of a call that nobody has made. */
export interface PlannedTarget {
  readonly target: Target
  /** Whether it would be asked. */
  readonly eligible: boolean
  /** Why it stands where it stands, or why it is left out; for people. */
  readonly reason: string
  /** The most that the call can cost there, in ticks; null where no price is known. */
  readonly worstCost: Ticks | null
}

/** What would happen to a call if it were made now. */
export interface CompletionPlan {
  /** In the order in which they would be asked, with those that are left out. */
  readonly candidates: readonly PlannedTarget[]
  readonly estimatedInputTokens: number
  /** That of the dearest target that may be asked, in ticks; null where nobody knows, or none may be. */
  readonly worstCost: Ticks | null
  /** Those that are for the call, in their order. */
  readonly rules: readonly PlannedRule[]
  /** Everything that would refuse the call; none: it would be sent to the first candidate that is eligible. */
  readonly blockedBy: readonly GatewayError[]
}

type Planner = Pick<
  GatewayPorts,
  'allowances' | 'limits' | 'rights' | 'routes' | 'routingPolicy' | 'rules' | 'standings'
> & { readonly choice: TargetChoice }

/**
 * Says what would happen to a call, by the rules that would decide it. Nobody is called, nothing is reserved, counted or
 * written, and no turn is taken; where chance or a turn decides, the next call's order may be another one.
 */
export const explain =
  (planner: Planner) =>
  async (call: Call): Promise<CompletionPlan> => {
    const lack = lackOfRight(call.viewer, planner.rights)
    const { judged, ruled } = routed(call, planner)
    const blocked = judged instanceof GatewayError ? [judged] : await blockedBy(call, planner)
    const refused = ruled?.refusal ? [ruled.refusal] : []
    const all = judged instanceof GatewayError ? [] : judged
    return {
      candidates: all.map((each, index) => planned(each, { call, all, index })),
      estimatedInputTokens: inputTokensOf(call),
      worstCost: dearest(all),
      rules: ruled?.rules ?? [],
      blockedBy: [...(lack ? [lack] : []), ...refused, ...blocked],
    }
  }

interface Routed {
  /** The targets with the verdict on each, or why there are none. */
  readonly judged: readonly JudgedTarget<Choice>[] | GatewayError
  /** Undefined where no rule is for the call. */
  readonly ruled?: PreviewedRules | undefined
}

/** Where the call would go; it then knows those that it may ask, and is as rules leave it. */
function routed(call: Call, planner: Planner): Routed {
  try {
    call.route = permittedRoute(call, planner)
  } catch (thrown) {
    if (thrown instanceof GatewayError) return { judged: thrown }
    throw thrown
  }
  const ruled = previewRules(call, planner.rules)
  const all = planner.choice.preview(call)
  call.targets = all.flatMap(({ target, exclusion }) => (exclusion ? [] : target.target))
  call.plan = all.map((each) => ({ ...each, target: each.target.target }))
  return { judged: all, ruled }
}

async function blockedBy(call: Call, planner: Planner): Promise<readonly GatewayError[]> {
  const [first] = call.targets
  if (!first) return [allExcluded(call)]
  const [limited, unaffordable] = await Promise.all([
    planner.limits.refusals?.(call) ?? [],
    refusedByAllowances(call, { target: first, ...planner }),
  ])
  return [...limited, ...unaffordable]
}

function allExcluded({ plan, request }: Call): GatewayError {
  const failed = plan.flatMap(({ target: { adapter, model }, exclusion }) => {
    const provider = adapter.config.name
    if (!exclusion) return []
    const error = exclusionError({ provider, model }, exclusion)
    return { error, wasSkipped: true }
  })
  return failureOfAll(request.model, failed)
}

/** What of budgets and quotas would refuse the first attempt. */
async function refusedByAllowances(
  call: Call,
  { allowances, standings, target }: Planner & { target: Target },
): Promise<readonly GatewayError[]> {
  const { request, viewer } = call
  const applying = allowances.of(allowanceSubject(call, target))
  const blocking = applying.filter(({ action }) => action === 'BLOCK')
  if (blocking.length === 0 || !standings) return []
  const ids = blocking.map(({ id }) => id)
  const states = await standings.find({ ids, reader: viewer })
  const hold = holdFor(request, target)
  try {
    const { demand } = demandAt(target, { request, hold, applying, allowances })
    return allowanceRefusals(demand, states)
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown
    const { inputTokens, outputTokens } = hold
    const least = { inputTokens, outputTokens, leastOutputTokens: 0, price: target.price }
    return [thrown, ...allowanceRefusals(least, states)]
  }
}

function planned(
  { exclusion, isLastResort, target: { target, worstCost } }: JudgedTarget<Choice>,
  { all, call, index }: { call: Call; all: readonly JudgedTarget<Choice>[]; index: number },
): PlannedTarget {
  const isFirst = all.findIndex((each) => !each.exclusion) === index
  const strategy = call.routing?.strategy ?? call.route?.strategy ?? 'PRIORITY'
  const isChoice = (call.route?.targets.length ?? 0) > 1
  const place = isFirst
    ? `It is asked first${isChoice ? `, ${words[strategy]}` : ''}.`
    : 'It is asked if those before it fail.'
  const reason = isLastResort
    ? 'It is asked though it will probably fail: all others are left out.'
    : (exclusion?.reason ?? place)
  return { target, eligible: exclusion === undefined, reason, worstCost }
}

const words: Readonly<Record<RoutingStrategy, string>> = {
  PRIORITY: 'by the order of its route',
  LOWEST_COST: 'as the cheapest for this call',
  LOWEST_LATENCY: 'as the fastest of late',
  WEIGHTED: 'as drawn by weight; the next call may draw another',
  ROUND_ROBIN: 'since it is its turn; the next call takes the next',
  LEAST_BUSY: 'as the less busy of two that were drawn',
}

function dearest(all: readonly JudgedTarget<Choice>[]): Ticks | null {
  let most: Ticks | null = null
  for (const { exclusion, target } of all) {
    if (exclusion) continue
    if (target.worstCost === null) return null
    if (most === null || target.worstCost > most) most = target.worstCost
  }
  return most
}

/** A guess, as routing makes it: what is set aside is the bytes. */
function inputTokensOf({ request }: Call): number {
  return expectedUsage(holdFor(request, { price: undefined, maxOutputTokens: 0 })).inputTokens
}
