import { isIP, SocketAddress } from 'node:net'
import { z } from 'zod'
import { closestTo } from '#domain/closest-name.ts'
import type { RateLimitRule, RateScope } from '#domain/rate-limit.ts'
import type { FileIssue, YamlText } from './yaml-text.ts'

const scopes = {
  api_key: 'API_KEY',
  tenant: 'TENANT',
  end_user: 'END_USER',
  client_ip: 'CLIENT_IP',
  provider: 'PROVIDER',
} as const satisfies Record<string, RateScope>

const windows = { second: 1, minute: 60, hour: 3600 } as const

/** What GraphQL's Int can say. */
const most = 2 ** 31 - 1
const defaultWaitS = 30
const defaultOutputTokens = 4096

const amount = z.int().min(1).max(most).optional()
const value = z.string().min(1).optional()

/** One rule under `rate_limits`. */
export const rateLimitEntry = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z\d][\w.-]{0,63}$/i, 'expected letters, digits, dots, dashes and underscores'),
    requests: amount,
    tokens: amount,
    per: z.enum(Object.keys(windows) as (keyof typeof windows)[]),
    each: z.enum(Object.keys(scopes) as (keyof typeof scopes)[]).optional(),
    provider: value,
    tenant: value,
    api_key: value,
    end_user: value,
    client_ip: value.refine((text) => text === undefined || isIP(text) > 0, 'is no IP address'),
    on_limit: z.enum(['refuse', 'queue']).default('refuse'),
    max_wait_s: z.number().min(0.001).max(600).optional(),
    assumed_output_tokens: amount,
  })
  .superRefine((entry, { addIssue }) => {
    const wrong = (path: readonly string[], message: string) =>
      addIssue({ code: 'custom', path: [...path], message })
    if ((entry.requests === undefined) === (entry.tokens === undefined))
      wrong([], 'needs either requests or tokens')
    if (entry.max_wait_s !== undefined && entry.on_limit !== 'queue')
      wrong(['max_wait_s'], 'has no meaning without on_limit: queue')
    if (entry.assumed_output_tokens !== undefined && entry.tokens === undefined)
      wrong(['assumed_output_tokens'], 'has no meaning without tokens')
    const named = entry.each && entry[entry.each]
    if (named !== undefined)
      wrong(['each'], `has no meaning where ${entry.each} is named: ${named}`)
  })

type RateLimitEntry = z.infer<typeof rateLimitEntry>

export function rateLimitRule(entry: RateLimitEntry): RateLimitRule {
  const named = Object.entries(scopes).flatMap(([key, scope]) => {
    const only = entry[key as keyof typeof scopes]
    return only === undefined ? [] : [[scope, scope === 'CLIENT_IP' ? plainAddress(only) : only]]
  })
  return {
    name: entry.name,
    unit: entry.tokens === undefined ? 'REQUESTS' : 'TOKENS',
    limit: entry.tokens ?? entry.requests ?? most,
    windowS: windows[entry.per],
    each: entry.each && scopes[entry.each],
    only: Object.fromEntries(named),
    onLimit: entry.on_limit === 'queue' ? 'QUEUE' : 'REFUSE',
    maxWaitMs: (entry.max_wait_s ?? defaultWaitS) * 1000,
    assumedOutputTokens: entry.assumed_output_tokens ?? defaultOutputTokens,
  }
}

/** What is wrong with rules that are right one by one: a name that stands twice, a provider that there is not. */
export function rateLimitIssues(
  entries: readonly RateLimitEntry[],
  { yaml, providers }: { yaml: YamlText; providers: readonly string[] },
): readonly FileIssue[] {
  const names = new Set<string>()
  return entries.flatMap(({ name, provider }, index) => {
    const issue = (field: string, message: string): FileIssue => {
      const path = ['rate_limits', `${index}`, field]
      return { path, message, ...yaml.position(path) }
    }
    const issues: FileIssue[] = []
    if (names.has(name)) issues.push(issue('name', `stands twice: ${name}`))
    names.add(name)
    if (provider !== undefined && !providers.includes(provider)) {
      const meant = closestTo(provider, providers)
      issues.push(issue('provider', `there is no provider ${provider}; did you mean ${meant}?`))
    }
    return issues
  })
}

/** An address as requests have it. */
function plainAddress(address: string): string {
  return isIP(address) === 6 ? new SocketAddress({ address, family: 'ipv6' }).address : address
}
