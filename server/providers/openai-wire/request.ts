import type { ProviderConfig } from '#domain/config.ts'
import { GatewayError } from '#domain/errors.ts'
import { findMember, insertMember, replaceMember } from '#domain/json-text.ts'
import type { ProviderRequest } from '../adapter.ts'
import { objectOf } from './shape.ts'

/** A call as it goes up. */
export interface WireRequest {
  readonly body: string
  /** Usage is asked for on the gateway's own account: the caller does not expect to see it. */
  readonly asksForUsage: boolean
}

/**
 * Puts a call into the provider's words: the caller's text with the provider's name for the model. A streamed chat call
 * asks for usage besides, where the caller did not. Nothing else is touched.
 */
export function wireRequest({
  request,
  model,
}: Pick<ProviderRequest, 'request' | 'model'>): WireRequest {
  const { body: asked, stream, operation } = request
  let body = replaceMember(request.text, 'model', JSON.stringify(model))
  if (operation !== 'chat') return { body, asksForUsage: false }
  if ((asked['stream'] === true) !== stream) body = replaceMember(body, 'stream', String(stream))
  if (!stream) return { body, asksForUsage: false }
  const options = objectOf(asked['stream_options'])
  if (options?.['include_usage'] === true) return { body, asksForUsage: false }
  return { body: withUsage(body, options !== undefined), asksForUsage: true }
}

function withUsage(body: string, hasOptions: boolean): string {
  const range = findMember(body, 'stream_options')
  if (!range) return insertMember(body, 'stream_options', '{"include_usage":true}')
  if (!hasOptions) return replaceMember(body, 'stream_options', '{"include_usage":true}')
  const options = replaceMember(body.slice(range.start, range.end), 'include_usage', 'true')
  return body.slice(0, range.start) + options + body.slice(range.end)
}

/** Set by HTTP itself. */
const ownHeaders = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
])

/**
 * The headers of every request to a provider, as undici wants them: the configured ones, the key, the content-type;
 * later ones win whatever their case. The list is made again only when the key has changed.
 *
 * @returns Throws PROVIDER_AUTH where a key is configured and not there; with a v0.7.2 configuration the request goes
 *   up without.
 */
export function wireHeaders(
  config: ProviderConfig,
  lookup: (name: string) => string | undefined,
): () => readonly string[] {
  let key: string | undefined
  let headers: readonly string[] | undefined
  return () => {
    const current = keyOf(config, lookup)
    if (headers && current === key) return headers
    if (current === undefined && config.apiKeyEnv !== undefined && !config.legacy)
      throw keyless(config)
    key = current
    headers = headerList(config, key)
    return headers
  }
}

/** The provider's key; undefined where none is configured, or it is empty. */
export function keyOf(
  config: ProviderConfig,
  lookup: (name: string) => string | undefined,
): string | undefined {
  const key = config.apiKeyEnv === undefined ? undefined : lookup(config.apiKeyEnv)?.trim()
  return key === '' ? undefined : key
}

/** Whether a provider has the key that it needs. */
export function credentialOf(
  config: ProviderConfig,
  lookup: (name: string) => string | undefined,
): 'PRESENT' | 'MISSING' | 'NOT_NEEDED' {
  if (config.apiKeyEnv === undefined) return 'NOT_NEEDED'
  return keyOf(config, lookup) === undefined ? 'MISSING' : 'PRESENT'
}

function headerList(config: ProviderConfig, key: string | undefined): readonly string[] {
  const merged = new Map<string, string>([['user-agent', 'ai-orchestrator']])
  for (const [name, value] of Object.entries(config.headers)) merged.set(name.toLowerCase(), value)
  for (const name of ownHeaders) merged.delete(name)
  if (key !== undefined) merged.set('authorization', `Bearer ${key}`)
  merged.set('content-type', 'application/json')
  return [...merged].flat()
}

function keyless({ name, apiKeyEnv }: ProviderConfig): GatewayError {
  return new GatewayError(
    'PROVIDER_AUTH',
    `${name} has no key: set ${apiKeyEnv} in the gateway's environment.`,
    {
      provider: name,
    },
  )
}
