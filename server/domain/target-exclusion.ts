import type { ModelCapability } from './catalogued-model.ts'
import { allowsModel, matchesModel } from './model-pattern.ts'
import { formatUsd, type Ticks } from './money.ts'

/** What is known of a target when a call is routed. */
export interface TargetFacts {
  /** `provider:model`. */
  readonly name: string
  /** Null: nobody knows. */
  readonly capabilities: readonly ModelCapability[] | null
  /** In tokens; null: nobody knows. */
  readonly contextWindow: number | null
  /** What this call costs there at most, in ticks; null: no price is known. */
  readonly worstCost: Ticks | null
  /** Disabled by hand, or by itself (target-health.ts); null: it is enabled. */
  readonly disabled: 'BY_HAND' | 'BY_ITSELF' | null
  /** How long its circuit refuses calls; null where it does not. */
  readonly circuitMs: number | null
  /** How long it rests (cool-down.ts); 0 where it does not. */
  readonly restMs: number
}

/** What a call needs, and what its caller and its route allow. */
export interface CallNeeds {
  readonly capabilities: readonly ModelCapability[]
  /** Probable input and the output that is asked for, together. */
  readonly tokens: number
  /** Null: no limit. */
  readonly maxCost: Ticks | null
  /** A blocking budget applies, and models without a price may not run under it. */
  readonly needsPrice: boolean
  /** Patterns of the caller's key; none allows all, as where the name that was asked for is allowed itself. */
  readonly allowedModels: readonly string[]
  /** Patterns of what the call itself allows and denies; none allows all. */
  readonly allow: readonly string[]
  readonly deny: readonly string[]
}

export type ExclusionCode =
  | 'NOT_ALLOWED'
  | 'DENIED'
  | 'TOO_EXPENSIVE'
  | 'UNPRICED'
  | 'DISABLED'
  | 'COOLING_DOWN'
  | 'MISSING_CAPABILITY'
  | 'CONTEXT_TOO_SMALL'
  | 'CIRCUIT_OPEN'

/** Why a target is left out. */
export interface Exclusion {
  readonly code: ExclusionCode
  /** For people. */
  readonly reason: string
  /** When it may be asked again; undefined where nobody knows. */
  readonly retryAfterMs?: number
}

/** Why it must not be asked: somebody forbids it, or it limits us. */
export function prohibitionOf(target: TargetFacts, needs: CallNeeds): Exclusion | undefined {
  const { name, worstCost, disabled, restMs } = target
  if (!allowsModel(needs.allowedModels, name))
    return excluded('NOT_ALLOWED', 'The API key may not use it.')
  if (!allowsModel(needs.allow, name)) return excluded('DENIED', 'The call does not allow it.')
  if (needs.deny.some((pattern) => matchesModel(pattern, name)))
    return excluded('DENIED', 'The call denies it.')
  if (worstCost === null && (needs.needsPrice || needs.maxCost !== null))
    return excluded('UNPRICED', 'Nobody knows its price, and the cost of the call is limited.')
  if (worstCost !== null && needs.maxCost !== null && worstCost > needs.maxCost) {
    const most = formatUsd(needs.maxCost)
    return excluded(
      'TOO_EXPENSIVE',
      `The call can cost ${formatUsd(worstCost)} USD there, and may cost ${most}.`,
    )
  }
  if (disabled === 'BY_HAND') return disabledByHand
  return restMs > 0 ? coolingDown(restMs) : undefined
}

export const disabledByHand: Exclusion = excluded('DISABLED', 'It was disabled by hand.')

/** @param restMs How long it rests; more than 0. */
export function coolingDown(restMs: number): Exclusion {
  const reason = `It limits us, and rests for another ${seconds(restMs)} s.`
  return { ...excluded('COOLING_DOWN', reason), retryAfterMs: restMs }
}

/** Why it is believed that it cannot serve the call. */
export function unfitnessOf(
  { capabilities, contextWindow }: TargetFacts,
  needs: CallNeeds,
): Exclusion | undefined {
  const missing = capabilities && needs.capabilities.filter((each) => !capabilities.includes(each))
  if (missing && missing.length > 0)
    return excluded('MISSING_CAPABILITY', `It is not known to have ${missing.join(', ')}.`)
  if (contextWindow === null || contextWindow >= needs.tokens) return undefined
  return excluded(
    'CONTEXT_TOO_SMALL',
    `It takes ${contextWindow} tokens, and the call needs some ${needs.tokens}.`,
  )
}

/** Why it would probably fail. */
export function breakageOf({
  disabled,
  circuitMs,
}: Pick<TargetFacts, 'disabled' | 'circuitMs'>): Exclusion | undefined {
  if (disabled === 'BY_ITSELF') return excluded('DISABLED', 'It was disabled: it kept failing.')
  if (circuitMs === null) return undefined
  return {
    ...excluded(
      'CIRCUIT_OPEN',
      `Its circuit is open; a call is let through in ${seconds(circuitMs)} s.`,
    ),
    retryAfterMs: circuitMs,
  }
}

function excluded(code: ExclusionCode, reason: string): Exclusion {
  return { code, reason }
}

const seconds = (ms: number): number => Math.ceil(ms / 1000)
