import { z } from 'zod'
import type { Policies, ProviderConfig, ProviderKind } from '#domain/config.ts'
import { headerName, headerValue } from './entry-parts.ts'
import {
  mergedHeaders,
  providerConfig,
  type ProviderSettings,
  vendorOf,
  vendors,
} from './provider-defaults.ts'
import { policiesOf, resilienceKeys } from './resilience-entry.ts'

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
/** One provider under `providers`. */
export const providerEntry = z.strictObject({
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
  weight: z.number().min(0).max(1_000_000).optional(),
  takes_prefix: z.boolean().optional(),
  ...resilienceKeys,
})

export type ProviderEntry = z.infer<typeof providerEntry>

/** As written, else the vendor's own. */
export function addressOf(
  kind: ProviderKind,
  { entry, settings }: { entry: ProviderEntry; settings: ProviderSettings },
): string | undefined {
  const vendor = vendors.find((known) => known.kind === kind)
  const vendorUrl = vendor && (settings.baseUrls[vendor.name] ?? vendor.baseUrl)
  const own = { OLLAMA: settings.ollamaBase, SIMULATOR: 'simulator:' }[kind as string]
  return entry.base_url ?? vendorUrl ?? own
}

export function configuredProvider(
  name: string,
  {
    entry,
    baseUrl,
    defaults,
    settings,
  }: {
    entry: ProviderEntry
    baseUrl: string
    /** What is said of all providers. */
    defaults: Policies
    settings: ProviderSettings
  },
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
    weight: entry.weight,
    takesPrefix: entry.takes_prefix,
    ...policiesOf(entry, defaults),
    ...Object.fromEntries(Object.entries(paths).filter(([, value]) => value !== undefined)),
  })
}

/** As written; without a type, as v0.7.2's file would have it: by address, else by name. */
export function kindOf(name: string, { type, base_url: baseUrl }: ProviderEntry): ProviderKind {
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
