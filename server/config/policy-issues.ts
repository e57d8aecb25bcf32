import type { Policies } from '#domain/config.ts'
import { policiesOf, type ResilienceEntry } from './resilience-entry.ts'
import { type RouteEntry, targetEntries } from './route-entry.ts'
import type { TargetBase } from './target-base.ts'
import type { FileIssue, YamlText } from './yaml-text.ts'

/** Everything in a file that says how failures are taken. */
export interface WrittenPolicies {
  readonly defaults: ResilienceEntry
  readonly providers: Readonly<Record<string, ResilienceEntry>>
  readonly routes: Readonly<Record<string, RouteEntry>>
}

/**
 * Policies that cannot mean what they say: what is stated is cut by a limit that is in force there, wherever that one is
 * stated. The other way round a limit does what it is for.
 */
export function policyIssues(
  { defaults, providers, routes }: WrittenPolicies,
  { yaml, baseOf }: { yaml: YamlText; baseOf: (name: string) => TargetBase },
): readonly FileIssue[] {
  const issuesOf = (entry: ResilienceEntry, { at, base }: { at: string[]; base?: Policies }) =>
    cutShort(entry, policiesOf(entry, base)).map(({ below, message }) => {
      const path = [...at, ...below]
      return { path, message, ...yaml.position(path) }
    })
  const general = policiesOf(defaults)
  return [
    ...issuesOf(defaults, { at: ['defaults'] }),
    ...Object.entries(providers).flatMap(([name, entry]) =>
      issuesOf(entry, { at: ['providers', name], base: general }),
    ),
    ...Object.entries(routes).flatMap(([route, routeEntry]) =>
      targetEntries(routeEntry).flatMap(({ at, entry }) =>
        typeof entry === 'string'
          ? []
          : issuesOf(entry, { at: ['routes', route, ...at], base: baseOf(entry.target) }),
      ),
    ),
  ]
}

function cutShort(
  { timeouts = {}, retries = {}, breaker }: ResilienceEntry,
  { timeouts: { totalMs }, resilience }: Policies,
): readonly { readonly below: readonly string[]; readonly message: string }[] {
  const limited: [string, string, number | undefined, string, number | undefined][] = [
    ['timeouts', 'connect_ms', timeouts.connect_ms, 'total_ms', totalMs],
    ['timeouts', 'first_token_ms', timeouts.first_token_ms, 'total_ms', totalMs],
    ['timeouts', 'stall_ms', timeouts.stall_ms, 'total_ms', totalMs],
    ['retries', 'base_ms', retries.base_ms, 'cap_ms', resilience.retries.capMs],
    [
      'breaker',
      'open_ms',
      breaker ? breaker.open_ms : undefined,
      'longest_open_ms',
      resilience.breaker?.longestOpenMs,
    ],
  ]
  return limited.flatMap(([block, key, stated, limit, most]) =>
    stated === undefined || most === undefined || stated <= most
      ? []
      : [{ below: [block, key], message: `is longer than ${limit}, which is ${most}` }],
  )
}
