import type { ConfigWarning, ProviderConfig } from '#domain/config.ts'
import { mergedHeaders, oldTimeouts, providerConfig, type ProviderSettings, vendorOf } from './provider-defaults.ts'

/** What a v0.7.2 `providers.yaml` says. */
export interface ReadProviders {
  readonly providers: readonly ProviderConfig[]
  readonly warnings: readonly ConfigWarning[]
}

type Entry = Readonly<Record<string, unknown>>

/**
 * Reads v0.7.2's grammar with its leniency: a bad entry is skipped with a warning and never stops the others, unknown
 * fields are ignored, neither a mapping nor anything in it is no providers.
 *
 * @param file The file's content: a mapping under `providers:`, or the mapping directly.
 */
export function readOldFile(file: unknown, settings: ProviderSettings): ReadProviders {
  const providers: ProviderConfig[] = []
  const warnings: ConfigWarning[] = []
  const entries = isMapping(file) ? (isMapping(file['providers']) ? file['providers'] : file) : {}
  for (const [name, entry] of Object.entries(entries)) {
    const path = entries === file ? [name] : ['providers', name]
    const warn = (message: string) => warnings.push({ path, message })
    const provider = readEntry(name, { entry, settings, warn })
    if (provider) providers.push(provider)
  }
  return { providers, warnings }
}

function isMapping(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function readEntry(
  name: string,
  { entry, settings, warn }: { entry: unknown; settings: ProviderSettings; warn: (message: string) => void },
): ProviderConfig | undefined {
  const skip = (reason: string): undefined => {
    warn(`is skipped: ${reason}`)
  }
  if (!isMapping(entry)) return skip('it is not a mapping')
  const type = entry['type'] ?? 'openai_compat'
  if (type !== 'openai_compat' && type !== 'ollama') {
    return skip(`type is ${JSON.stringify(type)}, expected openai_compat or ollama`)
  }
  const baseUrl = typeof entry['base_url'] === 'string' ? entry['base_url'].trim().replace(/\/+$/, '') : ''
  if (baseUrl === '') return skip('it has no base_url')
  if (!isHttp(baseUrl)) return skip(`base_url ${JSON.stringify(baseUrl)} is not an http or https address`)
  if (name === 'agent' || name === 'rag') warn(`cannot be reached: models that begin with ${name}: go elsewhere`)
  if (name.includes(':')) warn('cannot be reached: its name has a colon')
  const timeouts = oldTimeouts(settings.httpTimeoutS)
  if (type === 'ollama') {
    return providerConfig({ name, kind: 'OLLAMA', baseUrl, priceList: 'local', timeouts, legacy: true })
  }
  const apiKeyEnv = typeof entry['api_key_env'] === 'string' && entry['api_key_env'] ? entry['api_key_env'] : undefined
  if (!apiKeyEnv) warn('has no api_key_env: it is called without a key')
  const vendor = vendorOf(name, baseUrl)
  if (vendor?.host === new URL(baseUrl).hostname && vendor.kind === 'PERPLEXITY') {
    warn('Perplexity retired its chat endpoint on 27 September 2026: without a file, perplexity: is its Agent API')
  }
  return providerConfig({
    name,
    kind: vendor && vendor.kind !== 'PERPLEXITY' ? vendor.kind : 'OPENAI_COMPATIBLE',
    priceList: vendor?.name,
    baseUrl,
    chatPath: pathOf(entry['chat_path'], '/chat/completions'),
    modelsPath: pathOf(entry['models_path'], '/models'),
    embeddingsPath: pathOf(entry['embeddings_path'], '/embeddings'),
    headers: mergedHeaders(settings.defaultUpstreamHeaders, headersOf(entry['default_headers'], warn)),
    apiKeyEnv,
    timeouts,
    legacy: true,
  })
}

function isHttp(address: string): boolean {
  const url = URL.parse(address)
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:')
}

function pathOf(value: unknown, otherwise: string): string {
  if (typeof value !== 'string' || value === '') return otherwise
  return value.startsWith('/') ? value : `/${value}`
}

/** Numbers and booleans are written as they stand; what HTTP cannot carry is left out with a warning. */
function headersOf(value: unknown, warn: (message: string) => void): Readonly<Record<string, string>> {
  if (!isMapping(value)) return {}
  const headers: Record<string, string> = {}
  for (const [name, given] of Object.entries(value)) {
    const text = typeof given === 'string' || typeof given === 'number' || typeof given === 'boolean' ? String(given) : undefined
    if (text !== undefined && /^[\w!#$%&'*+.^`|~-]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(text)) headers[name] = text
    else warn(`sends no header ${JSON.stringify(name)}: its name or value cannot be sent`)
  }
  return headers
}
