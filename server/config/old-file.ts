import { closestTo } from '#domain/closest-name.ts'
import type { ConfigWarning, ProviderConfig } from '#domain/config.ts'
import { headersOf, retiredSonar } from './entry-parts.ts'
import {
  mergedHeaders,
  oldTimeouts,
  providerConfig,
  type ProviderSettings,
  vendorOf,
} from './provider-defaults.ts'
import type { YamlText } from './yaml-text.ts'

/** What a file says. */
export interface ReadProviders {
  readonly providers: readonly ProviderConfig[]
  readonly warnings: readonly ConfigWarning[]
}

type Entry = Readonly<Record<string, unknown>>

interface EntryContext {
  readonly entry: unknown
  readonly settings: ProviderSettings
  /** @param field The field of the entry that it is about. */
  warn(message: string, field?: string): void
}

const fields = [
  'type',
  'base_url',
  'api_key_env',
  'default_headers',
  'chat_path',
  'models_path',
  'embeddings_path',
]

/**
 * Reads v0.7.2's grammar with its leniency: a bad entry is skipped with a warning and never stops the others, unknown
 * fields are ignored, neither a mapping nor anything in it is no providers. Warnings name the line.
 *
 * @param yaml A mapping under `providers:`, or the mapping directly.
 */
export function readOldFile(yaml: YamlText, settings: ProviderSettings): ReadProviders {
  const { value } = yaml
  const providers: ProviderConfig[] = []
  const warnings: ConfigWarning[] = yaml.duplicates.map(({ path, message, line, column }) => ({
    path,
    message: `${message} (line ${line}, column ${column}); the last one counts`,
  }))
  const isNested = isMapping(value) && 'providers' in value
  const entries = isNested ? value['providers'] : value
  const above = isNested ? ['providers'] : []
  const warn = (path: readonly string[], message: string) => {
    const { line, column } = yaml.position(path)
    warnings.push({ path, message: `${message} (line ${line}, column ${column})` })
  }
  if (!isMapping(entries)) {
    if (entries !== null && entries !== undefined)
      warn(above, 'holds no providers: it is not a mapping')
    return { providers, warnings }
  }
  for (const [name, entry] of Object.entries(entries)) {
    const provider = readEntry(name, {
      entry,
      settings,
      warn: (message, field) =>
        warn([...above, name, ...(field === undefined ? [] : [field])], message),
    })
    if (provider) providers.push(provider)
  }
  return { providers, warnings }
}

function isMapping(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function readEntry(name: string, context: EntryContext): ProviderConfig | undefined {
  const { entry, settings, warn } = context
  if (!isMapping(entry)) {
    warn('is skipped: it is not a mapping')
    return undefined
  }
  const type = entry['type'] ?? 'openai_compat'
  if (type !== 'openai_compat' && type !== 'ollama') {
    warn('is skipped: its type is neither openai_compat nor ollama', 'type')
    return undefined
  }
  const address = addressOf(entry['base_url'])
  if (!address) {
    const isMissing =
      entry['base_url'] === undefined || entry['base_url'] === null || entry['base_url'] === ''
    warn(
      `is skipped: its base_url is ${isMissing ? 'missing' : 'not an http or https address'}`,
      'base_url',
    )
    return undefined
  }
  warnOfNames(name, entry, warn)
  const timeouts = oldTimeouts(settings.httpTimeoutS)
  if (type === 'openai_compat') return compatible(name, { ...context, ...address, entry, timeouts })
  return providerConfig({
    name,
    kind: 'OLLAMA',
    baseUrl: address.baseUrl,
    priceList: 'local',
    timeouts,
    legacy: true,
  })
}

interface PlainAddress {
  readonly baseUrl: string
  readonly authorization: Readonly<Record<string, string>>
}

/** Takes the user and the password out of an address, where they stood for v0.7.2's basic authentication. */
function addressOf(value: unknown): PlainAddress | undefined {
  const url = typeof value === 'string' ? URL.parse(value.trim()) : null
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined
  const plain = String(value).trim().replace(/\/+$/, '')
  if (url.username === '' && url.password === '') return { baseUrl: plain, authorization: {} }
  const basic = Buffer.from(`${unescaped(url.username)}:${unescaped(url.password)}`).toString(
    'base64',
  )
  return {
    baseUrl: plain.replace(/\/\/[^/]*@/, '//'),
    authorization: { Authorization: `Basic ${basic}` },
  }
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function compatible(
  name: string,
  {
    entry,
    settings,
    warn,
    baseUrl,
    authorization,
    timeouts,
  }: EntryContext &
    PlainAddress & { readonly entry: Entry; readonly timeouts: ProviderConfig['timeouts'] },
): ProviderConfig {
  const apiKeyEnv =
    typeof entry['api_key_env'] === 'string' && entry['api_key_env']
      ? entry['api_key_env']
      : undefined
  if (apiKeyEnv === undefined) warn('has no api_key_env: it is called without a key')
  else if (!/^[A-Za-z_]\w*$/.test(apiKeyEnv))
    warn('is no name of a variable; a key itself does not belong here', 'api_key_env')
  const vendor = vendorOf(name, baseUrl)
  if (vendor?.kind === 'PERPLEXITY' && vendor.host === new URL(baseUrl).hostname) warn(retiredSonar)
  const pathOf = (field: string, otherwise: string) => {
    const value = entry[field]
    if (typeof value === 'string' && value !== '')
      return value.startsWith('/') ? value : `/${value}`
    if (value !== undefined && value !== null && value !== '')
      warn(`is not a path: ${otherwise} is taken`, field)
    return otherwise
  }
  const own = headersOf(entry['default_headers'], (message) => warn(message, 'default_headers'))
  return providerConfig({
    name,
    kind: vendor && vendor.kind !== 'PERPLEXITY' ? vendor.kind : 'OPENAI_COMPATIBLE',
    priceList: vendor?.name,
    baseUrl,
    chatPath: pathOf('chat_path', '/chat/completions'),
    modelsPath: pathOf('models_path', '/models'),
    embeddingsPath: pathOf('embeddings_path', '/embeddings'),
    headers: mergedHeaders(settings.defaultUpstreamHeaders, own, authorization),
    apiKeyEnv,
    timeouts,
    legacy: true,
  })
}

/** What v0.7.2 passed over in silence. */
function warnOfNames(name: string, entry: Entry, warn: EntryContext['warn']): void {
  if (name === 'agent' || name === 'rag')
    warn(`cannot be reached: models that begin with ${name}: go elsewhere`)
  if (name.includes(':') || name !== name.trim() || name === '')
    warn('cannot be reached: its name cannot be a prefix')
  for (const field of Object.keys(entry)) {
    if (!fields.includes(field))
      warn(`is ignored: there is no such field; did you mean ${closestTo(field, fields)}?`, field)
  }
}
