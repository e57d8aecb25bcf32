import { z } from 'zod'
import type { CallRule } from '#domain/call-rule.ts'
import { closestTo } from '#domain/closest-name.ts'
import type { ConfigWarning, Policies } from '#domain/config.ts'
import type { PriceOverride } from '#domain/price-override.ts'
import type { RateLimitRule } from '#domain/rate-limit.ts'
import type { RouteConfig } from '#domain/route-config.ts'
import type { RoutingOverrides } from '#domain/routing-policy.ts'
import { retiredSonar } from './entry-parts.ts'
import { knownKeys } from './known-keys.ts'
import type { ReadProviders } from './old-file.ts'
import { policyIssues } from './policy-issues.ts'
import { priceEntry, priceIssues, priceOverride } from './price-entry.ts'
import type { ProviderSettings } from './provider-defaults.ts'
import {
  addressOf,
  configuredProvider,
  kindOf,
  providerEntry,
  type ProviderEntry,
} from './provider-entry.ts'
import { rateLimitEntry, rateLimitIssues, rateLimitRule } from './rate-limit-entry.ts'
import { policiesOf, resilienceKeys } from './resilience-entry.ts'
import { modelName, routeEntry, routeOf } from './route-entry.ts'
import { followed, routeIssues } from './route-issues.ts'
import { routingOverridesEntry } from './routing-overrides-entry.ts'
import { callRule, ruleEntry, ruleIssues } from './rule-entry.ts'
import { targetBase } from './target-base.ts'
import { ConfigFileError, type FileIssue, mostIssues, type YamlText } from './yaml-text.ts'

const routeName = z
  .string()
  .regex(/^[^:\s\p{C}]{1,200}$/u, 'cannot be a name of models: it must have no colon and no spaces')
  .refine((name) => name === name.normalize('NFC'), 'cannot be a name of models: it must be in NFC')
  .refine((name) => name !== 'agent' && name !== 'rag', 'is the name of something else')

/** The grammar of a file that says `version: 1`. */
const strictFile = z.strictObject({
  version: z.literal(1),
  providers: z
    .record(
      z
        .string()
        .regex(/^(?!(?:agent|rag|simulator)$)[^:\s\p{C}]+$/u, 'cannot be the name of a provider'),
      providerEntry,
    )
    .nullish(),
  defaults: z.strictObject(resilienceKeys).nullish(),
  aliases: z.record(routeName, modelName).nullish(),
  routes: z.record(routeName, routeEntry).nullish(),
  rate_limits: z.array(rateLimitEntry).nullish(),
  prices: z.array(priceEntry).nullish(),
  rules: z.array(ruleEntry).max(200).nullish(),
  allow_unpriced: z.boolean().default(false),
  allow_routing_overrides: routingOverridesEntry,
  default_max_tokens: z.int().positive().max(1_000_000).nullish(),
})

/** What such a file says. */
export interface ReadStrict extends ReadProviders {
  readonly defaults: Policies
  readonly aliases: Readonly<Record<string, string>>
  readonly routes: readonly RouteConfig[]
  readonly rateLimits: readonly RateLimitRule[]
  readonly prices: readonly PriceOverride[]
  readonly rules: readonly CallRule[]
  readonly allowUnpriced: boolean
  readonly routingOverrides: RoutingOverrides
  readonly defaultMaxTokens: number | undefined
}

/** The providers that are there besides the file's. */
const builtIn = ['simulator', 'agent', 'rag', 'ollama']

/**
 * Reads a file that opted in to the new defaults and to strictness.
 *
 * @throws {ConfigFileError} With line, column, path, what was expected, and the nearest known key.
 */
export function readStrictFile(yaml: YamlText, settings: ProviderSettings): ReadStrict {
  const parsed = strictFile.safeParse(yaml.value)
  const issues = [
    ...yaml.duplicates,
    ...(parsed.error?.issues ?? []).flatMap((issue) => fileIssues(issue, yaml)),
  ]
  if (!parsed.success || issues.length > 0) throw new ConfigFileError(issues.slice(0, mostIssues))
  const { data } = parsed
  const providers = data.providers ?? {}
  const limits = data.rate_limits ?? []
  const prices = data.prices ?? []
  const rules = data.rules ?? []
  const aliases = data.aliases ?? {}
  const routes = data.routes ?? {}
  const defaults = policiesOf(data.defaults ?? {})
  const { httpTimeoutS } = settings
  const baseOf = targetBase({ providers, aliases, defaults, httpTimeoutS })
  const named = [...Object.keys(providers), ...builtIn]
  const contradictions = [
    ...rateLimitIssues(limits, { yaml, providers: named }),
    ...priceIssues(prices, { yaml, providers: named }),
    ...ruleIssues(rules, { yaml, providers: named }),
    ...routeIssues({ aliases, routes, providers: named }, yaml),
    ...policyIssues({ defaults: data.defaults ?? {}, providers, routes }, { yaml, baseOf }),
  ]
  if (contradictions.length > 0) throw new ConfigFileError(contradictions.slice(0, mostIssues))
  return {
    ...configuredProviders(providers, { yaml, defaults, settings }),
    defaults,
    aliases: Object.fromEntries(
      Object.keys(aliases).map((alias) => [alias, followed(alias, aliases) ?? alias]),
    ),
    routes: Object.entries(routes).map(([name, entry]) => routeOf(name, entry, baseOf)),
    rateLimits: limits.map(rateLimitRule),
    prices: prices.map(priceOverride),
    rules: rules.map(callRule),
    allowUnpriced: data.allow_unpriced,
    routingOverrides: data.allow_routing_overrides,
    defaultMaxTokens: data.default_max_tokens ?? undefined,
  }
}

function configuredProviders(
  providers: Readonly<Record<string, ProviderEntry>>,
  { yaml, defaults, settings }: { yaml: YamlText; defaults: Policies; settings: ProviderSettings },
): ReadProviders {
  const entries = Object.entries(providers).map(([name, entry]) => ({
    name,
    entry,
    baseUrl: addressOf(kindOf(name, entry), { entry, settings }),
  }))
  const homeless = entries.filter(({ baseUrl }) => baseUrl === undefined)
  if (homeless.length > 0) {
    throw new ConfigFileError(
      homeless.slice(0, mostIssues).map(({ name, entry: { type = 'openai_compat' } }) => {
        const at = ['providers', name]
        return {
          path: at,
          message: `needs a base_url, since its type is ${type}`,
          ...yaml.position(at),
        }
      }),
    )
  }
  const warnings: ConfigWarning[] = []
  const configured = entries.map(({ name, entry, baseUrl = '' }) => {
    const config = configuredProvider(name, { entry, baseUrl, defaults, settings })
    const isSonar =
      config.kind === 'OPENAI_COMPATIBLE' && config.baseUrl.includes('//api.perplexity.ai')
    if (isSonar) warnings.push({ path: ['providers', name], message: retiredSonar })
    return config
  })
  return { providers: configured, warnings }
}

function fileIssues(issue: z.core.$ZodIssue, yaml: YamlText): readonly FileIssue[] {
  const above = issue.path.map(String)
  if (issue.code === 'invalid_key') {
    return issue.issues.map(({ message }) => ({ path: above, message, ...yaml.position(above) }))
  }
  if (issue.code !== 'unrecognized_keys') {
    return [{ path: above, message: issue.message, ...yaml.position(above) }]
  }
  const known = knownKeys(strictFile, above)
  return issue.keys.map((key) => ({
    path: [...above, key],
    message: `is not known; did you mean ${closestTo(key, known)}?`,
    ...yaml.position([...above, key]),
  }))
}
