import type { JsonValue } from './chat.ts'
import { matchesModel } from './model-pattern.ts'
import type { TextMatcher, TextReplacement } from './text-matcher.ts'

/** What a rule does with the text of an answer. */
export type TextAction =
  | { readonly kind: 'BLOCK'; readonly matchers: readonly TextMatcher[]; readonly message: string }
  | { readonly kind: 'REDACT' | 'REPLACE'; readonly replacements: readonly TextReplacement[] }

/** What a rule does with a request. */
export type RequestAction =
  | TextAction
  | { readonly kind: 'SET_SYSTEM_PROMPT' | 'APPEND_SYSTEM_PROMPT'; readonly prompt: string }
  | {
      readonly kind: 'SET_PARAMETERS'
      readonly parameters: Readonly<Record<string, JsonValue>>
    }
  | {
      readonly kind: 'CLAMP_PARAMETERS'
      readonly bounds: Readonly<Record<string, ParameterBounds>>
    }
  /** From a role to the one that is sent. */
  | { readonly kind: 'MAP_ROLES'; readonly roles: Readonly<Record<string, string>> }
  | { readonly kind: 'ADD_METADATA'; readonly metadata: Readonly<Record<string, string>> }
  | { readonly kind: 'DENY'; readonly message: string }

/** A parameter that is sent is at least and at most that. */
export interface ParameterBounds {
  readonly min?: number | undefined
  readonly max?: number | undefined
}

export type RuleAction = RequestAction['kind']

/** Which calls a rule is for: those for which all that it says is so. What it does not say is not asked. */
export interface RuleCondition {
  /** Names of providers, of which one may answer the call. */
  readonly providers?: readonly string[]
  /** Patterns of model-pattern.ts: of the name that is asked for, or of a `provider:model` that may answer. */
  readonly models?: readonly string[]
  readonly tenants?: readonly string[]
  readonly apiKeys?: readonly string[]
}

/** A rule that rewrites or refuses calls. */
export type CallRule = {
  readonly name: string
  readonly when: RuleCondition
} & (
  | { readonly on: 'REQUEST'; readonly action: RequestAction }
  | { readonly on: 'RESPONSE'; readonly action: TextAction }
)
export type RequestRule = Extract<CallRule, { on: 'REQUEST' }>
export type ResponseRule = Extract<CallRule, { on: 'RESPONSE' }>

/** What conditions look at. */
export interface RuledCall {
  readonly tenantId: string
  readonly apiKeyId: string | null
  /** As it was asked for. */
  readonly model: string
  /** All that may answer. */
  readonly targets: readonly { readonly provider: string; readonly model: string }[]
}

export function ruleApplies({ when }: CallRule, call: RuledCall): boolean {
  const { apiKeys, models, providers, tenants } = when
  if (tenants && !tenants.includes(call.tenantId)) return false
  if (apiKeys && (call.apiKeyId === null || !apiKeys.includes(call.apiKeyId))) return false
  if (providers && !call.targets.some(({ provider }) => providers.includes(provider))) return false
  if (!models) return true
  const names = [call.model, ...call.targets.map(({ model, provider }) => `${provider}:${model}`)]
  return models.some((pattern) => names.some((name) => matchesModel(pattern, name)))
}
