import { z } from 'zod'
import { closestTo } from '#domain/closest-name.ts'
import type { ConfigWarning, ProviderConfig, ProviderKind } from '#domain/config.ts'
import type { PriceOverride } from '#domain/price-override.ts'
import type { RateLimitRule } from '#domain/rate-limit.ts'
import type { RoutingOverrides } from '#domain/routing-policy.ts'
import { headerName, headerValue, retiredSonar } from './entry-parts.ts'
import type { ReadProviders } from './old-file.ts'
import { priceEntry, priceIssues, priceKeys, priceOverride } from './price-entry.ts'
import {
  mergedHeaders,
  providerConfig,
  type ProviderSettings,
  vendorOf,
  vendors,
} from './provider-defaults.ts'
import { rateLimitEntry, rateLimitIssues, rateLimitRule } from './rate-limit-entry.ts'
import { routingOverridesEntry } from './routing-overrides-entry.ts'
import { ConfigFileError, type FileIssue, mostIssues, type YamlText } from './yaml-text.ts'

const kinds = {
  openai: 'OPENAI',
  xai: 'XAI',
  openrouter: 'OPENROUTER',
  perplexity: 'PERPLEXITY',
  ollama: 'OLLAMA',
  openai_compat: 'OPENAI_COMPATIBLE',
  simulator: 'SIMULATOR',
} as const satisfies Record<string, ProviderKind>

const path = z
  .string()
  .min(1)
  .transform((text) => (text.startsWith('/') ? text : `/${text}`))
const address = z
  .url({ protocol: /^https?$/, error: 'expected an http or https address' })
  .refine(
    (text) => !/\/\/[^/]*@/.test(text),
    'must hold no user and no password: name a variable in api_key_env',
  )
  .refine((text) => !/[?#]/.test(text), 'must hold no query and no fragment: paths are added to it')
const provider = z.strictObject({
  type: z.enum(Object.keys(kinds) as (keyof typeof kinds)[]).optional(),
  base_url: address.optional(),
  api_key_env: z
    .string()
    .regex(/^[A-Za-z_]\w*$/, 'expected the name of an environment variable, not a key')
    .optional(),
  default_headers: z
    .record(
      z.string().regex(headerName, 'is no name of a header'),
      z.string().regex(headerValue, 'cannot be sent in a header'),
    )
    .optional(),
  chat_path: path.optional(),
  models_path: path.optional(),
  embeddings_path: path.optional(),
  max_concurrency: z.int().min(1).max(1_000_000).optional(),
})

/** The grammar of a file that says `version: 1`. */
const strictFile = z.strictObject({
  version: z.literal(1),
  providers: z
    .record(
      z
        .string()
        .regex(/^(?!(?:agent|rag|simulator)$)[^:\s\p{C}]+$/u, 'cannot be the name of a provider'),
      provider,
    )
    .nullish(),
  rate_limits: z.array(rateLimitEntry).nullish(),
  prices: z.array(priceEntry).nullish(),
  allow_unpriced: z.boolean().default(false),
  allow_routing_overrides: routingOverridesEntry,
  default_max_tokens: z.int().positive().max(1_000_000).nullish(),
})

/** What such a file says. */
export interface ReadStrict extends ReadProviders {
  readonly rateLimits: readonly RateLimitRule[]
  readonly prices: readonly PriceOverride[]
  readonly allowUnpriced: boolean
  readonly routingOverrides: RoutingOverrides
  readonly defaultMaxTokens: number | undefined
}

/** The providers that are there besides the file's. */
const builtIn = ['simulator', 'agent', 'rag', 'ollama']

type ProviderEntry = z.infer<typeof provider>

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
  const limits = parsed.data.rate_limits ?? []
  const prices = parsed.data.prices ?? []
  const named = [...Object.keys(parsed.data.providers ?? {}), ...builtIn]
  const contradictions = [
    ...rateLimitIssues(limits, { yaml, providers: named }),
    ...priceIssues(prices, { yaml, providers: named }),
  ]
  if (contradictions.length > 0) throw new ConfigFileError(contradictions.slice(0, mostIssues))
  const warnings: ConfigWarning[] = []
  const entries = Object.entries(parsed.data.providers ?? {}).map(([name, entry]) => ({
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
  const providers = entries.map(({ name, entry, baseUrl = '' }) => {
    const config = configured(name, { entry, baseUrl, settings })
    const isSonar =
      config.kind === 'OPENAI_COMPATIBLE' && config.baseUrl.includes('//api.perplexity.ai')
    if (isSonar) warnings.push({ path: ['providers', name], message: retiredSonar })
    return config
  })
  return {
    providers,
    warnings,
    rateLimits: limits.map(rateLimitRule),
    prices: prices.map(priceOverride),
    allowUnpriced: parsed.data.allow_unpriced,
    routingOverrides: parsed.data.allow_routing_overrides,
    defaultMaxTokens: parsed.data.default_max_tokens ?? undefined,
  }
}

function fileIssues(issue: z.core.$ZodIssue, yaml: YamlText): readonly FileIssue[] {
  const above = issue.path.map(String)
  if (issue.code === 'invalid_key') {
    return issue.issues.map(({ message }) => ({ path: above, message, ...yaml.position(above) }))
  }
  if (issue.code !== 'unrecognized_keys') {
    return [{ path: above, message: issue.message, ...yaml.position(above) }]
  }
  const section = { providers: provider, rate_limits: rateLimitEntry }[above[0] ?? '']
  const known =
    above[0] === 'prices' ? priceKeys(above) : Object.keys((section ?? strictFile).shape)
  return issue.keys.map((key) => ({
    path: [...above, key],
    message: `is not known; did you mean ${closestTo(key, known)}?`,
    ...yaml.position([...above, key]),
  }))
}

/** As written, else the vendor's own. */
function addressOf(
  kind: ProviderKind,
  { entry, settings }: { entry: ProviderEntry; settings: ProviderSettings },
): string | undefined {
  const vendor = vendors.find((known) => known.kind === kind)
  const vendorUrl = vendor && (settings.baseUrls[vendor.name] ?? vendor.baseUrl)
  const own = { OLLAMA: settings.ollamaBase, SIMULATOR: 'simulator:' }[kind as string]
  return entry.base_url ?? vendorUrl ?? own
}

function configured(
  name: string,
  {
    entry,
    baseUrl,
    settings,
  }: { entry: ProviderEntry; baseUrl: string; settings: ProviderSettings },
): ProviderConfig {
  const kind = kindOf(name, entry)
  const vendor = vendors.find((known) => known.kind === kind)
  const paths = {
    chatPath: entry.chat_path,
    modelsPath: entry.models_path,
    embeddingsPath: entry.embeddings_path,
  }
  return providerConfig({
    name,
    kind,
    baseUrl: baseUrl.replace(/\/+$/, ''),
    priceList: priceListOf(kind, { vendorName: vendor?.name, baseUrl }),
    headers: mergedHeaders(settings.defaultUpstreamHeaders, entry.default_headers ?? {}),
    apiKeyEnv: entry.api_key_env ?? vendor?.apiKeyEnv,
    maxConcurrency: entry.max_concurrency,
    ...Object.fromEntries(Object.entries(paths).filter(([, value]) => value !== undefined)),
  })
}

/** As written; without a type, as v0.7.2's file would have it: by address, else by name. */
function kindOf(name: string, { type, base_url: baseUrl }: ProviderEntry): ProviderKind {
  if (type !== undefined) return kinds[type]
  const inferred = baseUrl === undefined ? undefined : vendorOf(name, baseUrl)?.kind
  return inferred === undefined || inferred === 'PERPLEXITY' ? 'OPENAI_COMPATIBLE' : inferred
}

function priceListOf(
  kind: ProviderKind,
  { vendorName, baseUrl }: { vendorName: string | undefined; baseUrl: string },
): string | undefined {
  if (kind === 'OLLAMA') return 'local'
  if (kind === 'SIMULATOR') return 'simulator'
  return vendorName ?? vendors.find(({ host }) => host === URL.parse(baseUrl)?.hostname)?.name
}
