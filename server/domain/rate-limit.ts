import { GatewayError } from './errors.ts'

/** What calls can be told apart by when they are limited. */
export type RateScope = 'PROVIDER' | 'TENANT' | 'API_KEY' | 'END_USER' | 'CLIENT_IP'

const rateScopes: readonly RateScope[] = ['PROVIDER', 'TENANT', 'API_KEY', 'END_USER', 'CLIENT_IP']

/** How much may be asked in a short window, as the configuration says. */
export interface RateLimitRule {
  /** Unique; the policy's name in headers and refusals. */
  readonly name: string
  readonly unit: 'REQUESTS' | 'TOKENS'
  /** In one window; 1 or more. */
  readonly limit: number
  /** A window begins with the first call that is counted in it. */
  readonly windowS: number
  /** One counter for every value of this; undefined: one for all calls that the rule is for. */
  readonly each: RateScope | undefined
  /** The rule is only for calls with all of these values. */
  readonly only: Readonly<Partial<Record<RateScope, string>>>
  readonly onLimit: 'REFUSE' | 'QUEUE'
  /** How long a call waits at most where it is to wait. */
  readonly maxWaitMs: number
  /** What is taken for the output of a call that states no limit of its own. */
  readonly assumedOutputTokens: number
}

/** What a rule looks at in a call. */
export interface RateSubject {
  readonly viewer: { readonly tenantId: string; readonly apiKeyId: string | null }
  readonly endUser: string | null
  readonly clientIp: string | null
  /** The first is the one that will be asked first. */
  readonly targets: readonly {
    readonly adapter: { readonly config: { readonly name: string } }
  }[]
}

/** How a rule stands for one call. */
export interface RateStanding {
  readonly policy: string
  readonly unit: RateLimitRule['unit']
  readonly limit: number
  readonly windowS: number
  readonly remaining: number
  /** Until the window ends; above 0. */
  readonly resetMs: number
}

/**
 * Which of a rule's counters a call is counted by; undefined when the rule is not for it. A call that has no end user
 * (key, address) is not limited by end user. The same end user or address in two tenants has two counters.
 */
export function counterOf({ each, only }: RateLimitRule, call: RateSubject): string | undefined {
  for (const scope of rateScopes) {
    const wanted = only[scope]
    if (wanted !== undefined && wanted !== valueOf(scope, call)) return undefined
  }
  const value = each === undefined ? '' : valueOf(each, call)
  if (value === null) return undefined
  const isOfTenant =
    each === 'END_USER' ||
    each === 'CLIENT_IP' ||
    only.END_USER !== undefined ||
    only.CLIENT_IP !== undefined
  return isOfTenant ? `${call.viewer.tenantId}/${value}` : value
}

function valueOf(scope: RateScope, { viewer, endUser, clientIp, targets }: RateSubject) {
  switch (scope) {
    case 'PROVIDER':
      return targets[0]?.adapter.config.name ?? null
    case 'TENANT':
      return viewer.tenantId
    case 'API_KEY':
      return viewer.apiKeyId
    case 'END_USER':
      return endUser
    case 'CLIENT_IP':
      return clientIp
  }
}

/**
 * What a call takes from a rule before it runs. A call that would fit into no window takes a whole one, since it could
 * never run otherwise.
 *
 * @param mostTokens An upper bound of what the call uses.
 */
export function pointsOf({ unit, limit }: RateLimitRule, mostTokens: number): number {
  return unit === 'REQUESTS' ? 1 : Math.min(mostTokens, limit)
}

/** Whether a call that goes to another provider has nothing to do with the rule any more. */
export function isOfProvider({ each, only }: RateLimitRule): boolean {
  return each === 'PROVIDER' || only.PROVIDER !== undefined
}

const windowNames: Readonly<Record<number, string>> = {
  1: 'a second',
  60: 'a minute',
  3600: 'an hour',
}

/**
 * @param points What the call would have taken.
 * @param ofProvider Whether it may be asked of another provider.
 */
export function rateLimited(
  standing: RateStanding,
  { points, ofProvider }: { points: number; ofProvider: boolean },
): GatewayError {
  const { policy, unit, limit, remaining, resetMs, windowS } = standing
  const window = windowNames[windowS] ?? `in ${windowS} s`
  const state =
    unit === 'REQUESTS'
      ? 'all of them are used'
      : `${remaining} remain, and this call may use ${points}`
  const remedy = unit === 'TOKENS' && remaining > 0 ? ', or ask for less with max_tokens' : ''
  return new GatewayError(
    'RATE_LIMITED',
    `The rate limit ${policy} allows ${limit} ${unit.toLowerCase()} ${window}; ${state}. Try again in ${Math.ceil(resetMs / 1000)} s${remedy}.`,
    {
      retryAfterMs: resetMs,
      rateLimit: { policy, limit, remaining, retryAfterMs: resetMs, ofProvider },
    },
  )
}
