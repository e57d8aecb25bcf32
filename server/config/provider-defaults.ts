import type { ProviderConfig, ProviderKind, Timeouts } from '#domain/config.ts'

/** What the environment says about providers; see `Env`. */
export interface ProviderSettings {
  readonly ollamaBase: string
  readonly httpTimeoutS: number
  readonly defaultUpstreamHeaders: Readonly<Record<string, string>>
  /** Addresses that replace the vendors' own, by provider name. */
  readonly baseUrls: Readonly<Record<string, string | undefined>>
  lookup(name: string): string | undefined
  /** Whether somebody has said where the file is: then it is missed when it is not there. */
  readonly expectsFile?: boolean
}

/** The new defaults. */
export const defaultTimeouts: Timeouts = {
  connectMs: 5000,
  firstTokenMs: 30_000,
  stallMs: 30_000,
  totalMs: 600_000,
}

/** v0.7.2 has one limit, on each single wait, and none in all. */
export function oldTimeouts(httpTimeoutS: number): Timeouts {
  const ms = httpTimeoutS * 1000
  return { connectMs: ms, firstTokenMs: ms, stallMs: ms, totalMs: undefined }
}

/** A vendor that is known by name. */
export interface Vendor {
  readonly name: string
  readonly kind: ProviderKind
  readonly host: string
  readonly baseUrl: string
  readonly apiKeyEnv: string
}

export const vendors: readonly Vendor[] = [
  vendor('openai', {
    kind: 'OPENAI',
    baseUrl: 'https://api.openai.com/v1',
    apiKeyEnv: 'OPENAI_API_KEY',
  }),
  vendor('xai', { kind: 'XAI', baseUrl: 'https://api.x.ai/v1', apiKeyEnv: 'XAI_API_KEY' }),
  vendor('openrouter', {
    kind: 'OPENROUTER',
    baseUrl: 'https://openrouter.ai/api/v1',
    apiKeyEnv: 'OPENROUTER_API_KEY',
  }),
  vendor('perplexity', {
    kind: 'PERPLEXITY',
    baseUrl: 'https://api.perplexity.ai',
    apiKeyEnv: 'PERPLEXITY_API_KEY',
  }),
]

function vendor(name: string, rest: Omit<Vendor, 'name' | 'host'>): Vendor {
  return { name, host: new URL(rest.baseUrl).hostname, ...rest }
}

/** The vendor behind an entry of a file: by its address, else by its name (a proxy of one's own, a test). */
export function vendorOf(name: string, baseUrl: string): Vendor | undefined {
  const { hostname } = new URL(baseUrl)
  const called = name.toLowerCase() === 'grok' ? 'xai' : name.toLowerCase()
  return (
    vendors.find(({ host }) => host === hostname) ?? vendors.find((known) => known.name === called)
  )
}

/**
 * A provider with everything at its default but what is given. Perplexity's address may be written with or without its
 * `/v1`.
 */
export function providerConfig(
  given: Pick<ProviderConfig, 'name' | 'kind' | 'baseUrl'> & Partial<ProviderConfig>,
): ProviderConfig {
  const isAgent = given.kind === 'PERPLEXITY'
  return {
    priceList: undefined,
    chatPath: isAgent ? '/v1/agent' : '/chat/completions',
    modelsPath: isAgent ? '/v1/models' : '/models',
    embeddingsPath: '/embeddings',
    headers: {},
    apiKeyEnv: undefined,
    timeouts: defaultTimeouts,
    legacy: false,
    ...given,
    baseUrl: isAgent ? given.baseUrl.replace(/\/v1$/, '') : given.baseUrl,
  }
}

/** Joins header maps; later ones win, whatever the case of their names (F14). */
export function mergedHeaders(
  ...maps: Readonly<Record<string, string>>[]
): Readonly<Record<string, string>> {
  const merged = new Map<string, [name: string, value: string]>()
  for (const map of maps) {
    for (const [name, value] of Object.entries(map)) merged.set(name.toLowerCase(), [name, value])
  }
  return Object.fromEntries(merged.values())
}
