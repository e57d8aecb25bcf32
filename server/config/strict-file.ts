import { z } from 'zod'
import type { ProviderConfig, ProviderKind } from '#domain/config.ts'
import { closestTo } from '#domain/closest-name.ts'
import { mergedHeaders, providerConfig, type ProviderSettings, vendorOf, vendors } from './provider-defaults.ts'
import type { ReadProviders } from './old-file.ts'
import { ConfigFileError, type YamlText } from './yaml-text.ts'

const kinds: Readonly<Record<string, ProviderKind>> = {
  openai: 'OPENAI',
  xai: 'XAI',
  openrouter: 'OPENROUTER',
  perplexity: 'PERPLEXITY',
  ollama: 'OLLAMA',
  openai_compat: 'OPENAI_COMPATIBLE',
}

const path = z.string().min(1).transform((text) => (text.startsWith('/') ? text : `/${text}`))
const provider = z.strictObject({
  type: z.enum(Object.keys(kinds) as [string, ...string[]]).default('openai_compat'),
  base_url: z.url({ protocol: /^https?$/, error: 'expected an http or https address' }).optional(),
  api_key_env: z.string().min(1).optional(),
  default_headers: z.record(z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/), z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/)).optional(),
  chat_path: path.optional(),
  models_path: path.optional(),
  embeddings_path: path.optional(),
})

/** The grammar of a file that says `version: 1`. */
export const strictFile = z.strictObject({
  version: z.literal(1),
  providers: z.record(z.string().regex(/^(?!agent$|rag$|simulator$)[^:\s]+$/, 'is a name that cannot be a prefix'), provider).default({}),
})

/**
 * Reads a file that opted in to the new defaults and to strictness.
 *
 * @throws {ConfigFileError} With line, column, path, what was expected, and the nearest known key.
 */
export function readStrictFile(yaml: YamlText, settings: ProviderSettings): ReadProviders {
  const parsed = strictFile.safeParse(yaml.value)
  if (!parsed.success) throw new ConfigFileError(parsed.error.issues.flatMap((issue) => fileIssues(issue, yaml)))
  const providers = Object.entries(parsed.data.providers).map(([name, entry]) => configured(name, { entry, yaml, settings }))
  return { providers, warnings: [] }
}

function fileIssues(issue: z.core.$ZodIssue, yaml: YamlText) {
  const above = issue.path.map(String)
  if (issue.code !== 'unrecognized_keys') {
    return [{ path: above, message: issue.message, ...yaml.position(above) }]
  }
  const known = above[0] === 'providers' ? Object.keys(provider.shape) : Object.keys(strictFile.shape)
  return issue.keys.map((key) => ({
    path: [...above, key],
    message: `is not known; did you mean ${closestTo(key, known)}?`,
    ...yaml.position([...above, key]),
  }))
}

function configured(
  name: string,
  { entry, yaml, settings }: { entry: z.infer<typeof provider>; yaml: YamlText; settings: ProviderSettings },
): ProviderConfig {
  const kind = kinds[entry.type] ?? 'OPENAI_COMPATIBLE'
  const vendor = vendors.find((known) => known.kind === kind)
  const baseUrl = entry.base_url ?? vendor?.baseUrl ?? (kind === 'OLLAMA' ? settings.ollamaBase : undefined)
  if (baseUrl === undefined) {
    const at = ['providers', name]
    throw new ConfigFileError([{ path: at, message: `needs a base_url, since its type is ${entry.type}`, ...yaml.position(at) }])
  }
  const priceList = kind === 'OLLAMA' ? 'local' : (vendor ?? vendorOf(name, baseUrl))?.name
  const given = { chatPath: entry.chat_path, modelsPath: entry.models_path, embeddingsPath: entry.embeddings_path }
  return providerConfig({
    name,
    kind,
    baseUrl: baseUrl.replace(/\/+$/, ''),
    priceList,
    headers: mergedHeaders(settings.defaultUpstreamHeaders, entry.default_headers ?? {}),
    apiKeyEnv: entry.api_key_env ?? vendor?.apiKeyEnv,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  })
}
