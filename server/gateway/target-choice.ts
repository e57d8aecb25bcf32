import { judgeTargets, type JudgedTarget } from '#domain/eligible-targets.ts'
import { expectedCost, expectedUsage } from '#domain/expected-usage.ts'
import { holdFor } from '#domain/hold.ts'
import { neededCapabilities } from '#domain/needed-capabilities.ts'
import type { Candidate } from '#domain/route-strategy.ts'
import { inOrder } from '#domain/route-strategy.ts'
import type { CallNeeds, TargetFacts } from '#domain/target-exclusion.ts'
import { isEnabled } from '#domain/target-health.ts'
import { allowanceSubject } from './allowance-subject.ts'
import type { Call, Target } from './call.ts'
import type { Allowances, Clock } from './ports.ts'
import type { TargetStates } from './target-states.ts'

/** A target with the verdict on it, and what was known when it was judged. */
export interface Choice extends TargetFacts, Candidate {
  readonly target: Target
}

export interface TargetChoice {
  /** All targets of the call's route in the order in which they are to be asked, with those that are to be skipped. */
  choose(call: Call): readonly JudgedTarget<Target>[]
  /** The same, with what it rests on, and without taking anybody's turn. */
  preview(call: Call): readonly JudgedTarget<Choice>[]
}

interface Chooser {
  readonly states: TargetStates
  readonly allowances: Allowances
  readonly clock: Clock
  /** From 0 up to 1. */
  readonly chance: () => number
}

/** Decides which targets of a route are asked, and in what order: by the one rule for calls and for those who only ask. */
export function createTargetChoice(chooser: Chooser): TargetChoice {
  const turns = new Map<string, number>()

  const judged = (call: Call): readonly JudgedTarget<Choice>[] => {
    const { route } = call
    if (!route) return []
    const { strategy, name } = route
    const choices = route.targets.map((target) => choiceOf(target, { call, ...chooser }))
    const order = inOrder(choices, call.routing?.strategy ?? strategy, {
      turn: turns.get(name) ?? 0,
      chance: chooser.chance,
    })
    const fallbacks = (route.fallbacks ?? []).map((target) =>
      choiceOf(target, { call, ...chooser }),
    )
    return judgeTargets([...order, ...fallbacks], needsOf(call, chooser))
  }

  return {
    preview: judged,
    choose(call) {
      const { route, routing } = call
      const [only] = route?.targets ?? []
      // Whether it can be asked is for the steps of its attempts to say.
      if (only && route?.targets.length === 1 && !routing)
        return [{ target: only, exclusion: undefined, isLastResort: false }]
      const all = judged(call)
      // Names of routes of several targets are the configuration's: there are so many, and no more.
      if (
        route &&
        route.targets.length > 1 &&
        (routing?.strategy ?? route.strategy) === 'ROUND_ROBIN'
      )
        turns.set(route.name, (turns.get(route.name) ?? 0) + 1)
      return all.map((each) => ({ ...each, target: each.target.target }))
    },
  }
}

function choiceOf(target: Target, { call, states, clock }: Chooser & { call: Call }): Choice {
  const state = states.of(target)
  const now = clock.now()
  const hold = holdFor(call.request, target)
  const usage = expectedUsage(hold)
  const override = states.override(state.providerName)
  const isForced = override === 'FORCE_ENABLED'
  const disabledBy = override === 'FORCE_DISABLED' ? 'BY_HAND' : 'BY_ITSELF'
  return {
    target,
    name: `${state.providerName}:${state.model}`,
    capabilities: target.capabilities ?? null,
    contextWindow: target.maxInputTokens ?? null,
    worstCost: hold.cost,
    disabled: isEnabled(state.health, override) ? null : disabledBy,
    circuitMs: isForced ? null : (state.breaker?.refusesForMs(now) ?? null),
    restMs: state.resilience.coolsDown
      ? state.coolDown.restMs(now, usage.inputTokens + usage.outputTokens)
      : 0,
    weight: target.weight ?? 1,
    expectedCost: expectedCost(usage, target.price),
    latencyMs: state.latency.read(now),
    inFlight: state.inFlight,
  }
}

function needsOf(call: Call, { allowances }: Chooser): CallNeeds {
  const { request, route, routing } = call
  const { max_completion_tokens: newer, max_tokens: older } = request.body
  const asked = typeof newer === 'number' ? newer : typeof older === 'number' ? older : 0
  const { inputTokens } = expectedUsage({ inputTokens: request.text.length, outputTokens: 0 })
  const mustBePriced = (target: Target) =>
    allowances
      .of(allowanceSubject(call, target))
      .some(({ action, unit }) => action === 'BLOCK' && unit === 'TICKS')
  return {
    capabilities: neededCapabilities(request),
    tokens: inputTokens + Math.max(0, asked),
    maxCost: routing?.maxCost ?? null,
    needsPrice:
      !allowances.allowUnpriced &&
      [...(route?.targets ?? []), ...(route?.fallbacks ?? [])].some(
        (target) => !target.price && mustBePriced(target),
      ),
    // Those that the caller's key may not use are out of the route before anybody chooses.
    allowedModels: [],
    allow: routing?.allow ?? [],
    deny: routing?.deny ?? [],
  }
}
