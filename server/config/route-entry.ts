import { z } from 'zod'
import type { ErrorCode } from '#domain/errors.ts'
import type { Resilience } from '#domain/resilience.ts'
import type { RouteConfig, RouteTarget } from '#domain/route-config.ts'
import type { RoutingStrategy } from '#domain/route-strategy.ts'
import type { Recovery } from '#domain/stream-recovery.ts'
import { conditionEntry, conditionOf } from './condition-entry.ts'
import { policiesOf, resilienceKeys } from './resilience-entry.ts'
import { oneOf } from './one-of.ts'
import type { TargetBase } from './target-base.ts'

const strategies = {
  priority: 'PRIORITY',
  weighted: 'WEIGHTED',
  round_robin: 'ROUND_ROBIN',
  lowest_cost: 'LOWEST_COST',
  lowest_latency: 'LOWEST_LATENCY',
  least_busy: 'LEAST_BUSY',
} as const satisfies Record<string, RoutingStrategy>
const recoveries = { continue: 'CONTINUE', align: 'ALIGN', fail: 'FAIL' } as const satisfies Record<
  string,
  Recovery
>
/** What a route may pass on to its next target, though the table of errors does not. */
const refusals = {
  content: 'CONTENT_BLOCKED',
  context_length: 'CONTEXT_LENGTH_EXCEEDED',
  rejected: 'PROVIDER_REJECTED',
  model_not_found: 'MODEL_NOT_FOUND',
} as const satisfies Record<string, ErrorCode>

/** `provider:model`, or the name of a route or an alias. */
export const modelName = z
  .string()
  .trim()
  .regex(/^\P{C}{1,512}$/u, 'is no name of a model')

const target = z.union(
  [
    modelName,
    z.strictObject({
      target: modelName,
      weight: z.number().min(0).max(1_000_000).optional(),
      takes_prefix: z.boolean().optional(),
      ...resilienceKeys,
    }),
  ],
  'expected provider:model, or a mapping with a target',
)
const targets = z.array(target).min(1).max(100)
/** One route under `routes`. */
export const routeEntry = z.strictObject({
  strategy: oneOf(strategies).default('priority'),
  targets,
  rules: z
    .array(
      z.strictObject({
        when: conditionEntry,
        strategy: oneOf(strategies).optional(),
        targets: targets.optional(),
      }),
    )
    .max(100)
    .optional(),
  larger: targets.optional(),
  fall_back_on: z.array(oneOf(refusals)).optional(),
  recovery: oneOf(recoveries).optional(),
  stream_guard: z.enum(['none', 'buffer']).default('none'),
})

export type RouteEntry = z.infer<typeof routeEntry>
type TargetEntry = z.infer<typeof target>

/** @param baseOf Says of a name that a target has what is known of it. */
export function routeOf(
  routeName: string,
  entry: RouteEntry,
  baseOf: (name: string) => TargetBase,
): RouteConfig {
  const scopeOf = policyScopes(routeName)
  const targetOf = (each: TargetEntry) => routeTarget(each, { baseOf, scopeOf })
  const { rules = [], larger = [], fall_back_on: on = [], recovery } = entry
  const strategy = strategies[entry.strategy]
  const own = entry.targets.map(targetOf)
  return {
    name: routeName,
    strategy,
    targets: own,
    rules: rules.map((rule) => ({
      when: conditionOf(rule.when),
      strategy: rule.strategy ? strategies[rule.strategy] : strategy,
      targets: rule.targets?.map(targetOf) ?? own,
    })),
    larger: larger.map(targetOf),
    fallBackOn: on.map((each) => refusals[each]),
    recovery: recovery && recoveries[recovery],
    streamGuard: entry.stream_guard === 'buffer' ? 'BUFFER' : 'NONE',
  }
}

/** Every target in a route, with its name and its place: the list that it is in, and where in it. */
export function targetEntries(route: RouteEntry): readonly PlacedTarget[] {
  const lists: [readonly string[], readonly TargetEntry[]][] = [
    [['targets'], route.targets],
    [['larger'], route.larger ?? []],
    ...(route.rules ?? []).map((rule, index): [string[], TargetEntry[]] => [
      ['rules', `${index}`, 'targets'],
      rule.targets ?? [],
    ]),
  ]
  return lists.flatMap(([at, list]) =>
    list.map((entry, index) => ({
      at: [...at, `${index}`],
      list: at.join('.'),
      entry,
      name: typeof entry === 'string' ? entry : entry.target,
    })),
  )
}

interface PlacedTarget {
  readonly at: readonly string[]
  readonly list: string
  readonly entry: TargetEntry
  readonly name: string
}

type ScopeOf = (name: string, resilience: Resilience) => string

function routeTarget(
  entry: TargetEntry,
  { baseOf, scopeOf }: { baseOf: (name: string) => TargetBase; scopeOf: ScopeOf },
): RouteTarget {
  if (typeof entry === 'string') return { name: baseOf(entry).name }
  const { target: asked, weight, takes_prefix: takesPrefix, ...policies } = entry
  const base = baseOf(asked)
  const { timeouts, resilience } = policiesOf(policies, base)
  const isPlain = timeouts === base.timeouts && resilience === base.resilience
  return {
    name: base.name,
    weight,
    takesPrefix,
    ...(timeouts !== base.timeouts && { timeouts }),
    ...(resilience !== base.resilience && { resilience }),
    ...(!isPlain && { scope: scopeOf(base.name, resilience) }),
  }
}

/** A scope is the route's name; a target that has other policies elsewhere in the route has a number behind it there. */
function policyScopes(routeName: string): ScopeOf {
  const seen = new Map<string, Resilience[]>()
  return (name, resilience) => {
    const known = seen.get(name) ?? []
    if (!known.includes(resilience)) known.push(resilience)
    seen.set(name, known)
    const index = known.indexOf(resilience)
    return index === 0 ? routeName : `${routeName}:${index + 1}`
  }
}
