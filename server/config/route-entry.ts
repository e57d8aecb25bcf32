import { z } from 'zod'
import type { Timeouts } from '#domain/config.ts'
import type { ErrorCode } from '#domain/errors.ts'
import type { Resilience } from '#domain/resilience.ts'
import { minutesOfDay, type RouteCondition } from '#domain/route-condition.ts'
import type { RouteConfig, RouteTarget } from '#domain/route-config.ts'
import type { RoutingStrategy } from '#domain/route-strategy.ts'
import type { Recovery } from '#domain/stream-recovery.ts'
import { resilienceKeys, resilienceOf, timeoutsOf } from './resilience-entry.ts'

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
const priorities = { low: 'LOW', normal: 'NORMAL', high: 'HIGH', critical: 'CRITICAL' } as const
const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
/** What a route may pass on to its next target, though the table of errors does not. */
const refusals = {
  content: 'CONTENT_BLOCKED',
  context_length: 'CONTEXT_LENGTH_EXCEEDED',
  rejected: 'PROVIDER_REJECTED',
  model_not_found: 'MODEL_NOT_FOUND',
} as const satisfies Record<string, ErrorCode>

const oneOf = <Name extends string>(names: Readonly<Record<Name, unknown>>) =>
  z.enum(Object.keys(names) as [Name, ...Name[]])
const name = z.string().min(1).max(512)
const clock = z
  .string()
  .refine((text) => minutesOfDay(text) !== undefined, 'expected a time such as 08:30')
const zone = z.string().refine(isZone, 'is no IANA time zone such as Europe/Berlin')

const target = z.union(
  [
    name,
    z.strictObject({
      target: name,
      weight: z.number().min(0).max(1_000_000).optional(),
      takes_prefix: z.boolean().optional(),
      ...resilienceKeys,
    }),
  ],
  'expected provider:model, or a mapping with a target',
)
const targets = z.array(target).min(1).max(100)
const some = z.array(z.string().min(1)).min(1).optional()
const when = z
  .strictObject({
    tenant: some,
    api_key: some,
    tags: some,
    priority: z.array(oneOf(priorities)).min(1).optional(),
    larger_than_bytes: z.int().min(0).optional(),
    smaller_than_bytes: z.int().min(1).optional(),
    time: z
      .strictObject({
        from: clock.default('00:00'),
        to: clock.default('24:00'),
        days: z.array(z.enum(weekdays)).min(1).optional(),
        zone: zone.default('UTC'),
      })
      .optional(),
  })
  .refine((entry) => Object.keys(entry).length > 0, 'says nothing')

/** One route under `routes`. */
export const routeEntry = z.strictObject({
  strategy: oneOf(strategies).default('priority'),
  targets,
  rules: z
    .array(
      z.strictObject({ when, strategy: oneOf(strategies).optional(), targets: targets.optional() }),
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

/** All keys that stand somewhere in a route, for suggestions. */
export const routeKeys: readonly string[] = [
  ...Object.keys(routeEntry.shape),
  ...Object.keys(when.shape),
  ...Object.keys(resilienceKeys),
  'when',
  'target',
  'weight',
  'takes_prefix',
]

/** What its provider says of a target. */
export interface TargetBase {
  /** `provider:model`, with aliases followed. */
  readonly name: string
  readonly timeouts: Timeouts
  readonly resilience: Resilience
}

/** @param baseOf Says of a name that a target has what is known of it. */
export function routeOf(
  routeName: string,
  entry: RouteEntry,
  baseOf: (name: string) => TargetBase,
): RouteConfig {
  const targetOf = (each: TargetEntry) => routeTarget(each, baseOf)
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

/** Every name of a target in a route, with its place. */
export function targetNames(
  entry: RouteEntry,
): readonly { readonly at: readonly string[]; readonly name: string }[] {
  const lists: [readonly string[], readonly TargetEntry[]][] = [
    [['targets'], entry.targets],
    [['larger'], entry.larger ?? []],
    ...(entry.rules ?? []).map((rule, index): [string[], TargetEntry[]] => [
      ['rules', `${index}`, 'targets'],
      rule.targets ?? [],
    ]),
  ]
  return lists.flatMap(([at, list]) =>
    list.map((each, index) => ({
      at: [...at, `${index}`],
      name: typeof each === 'string' ? each : each.target,
    })),
  )
}

function routeTarget(entry: TargetEntry, baseOf: (name: string) => TargetBase): RouteTarget {
  if (typeof entry === 'string') return { name: baseOf(entry).name }
  const { target: asked, weight, takes_prefix: takesPrefix, ...policies } = entry
  const base = baseOf(asked)
  const timeouts = timeoutsOf(policies, base.timeouts)
  const resilience = resilienceOf(policies, base.resilience)
  return {
    name: base.name,
    weight,
    takesPrefix,
    ...(timeouts !== base.timeouts && { timeouts }),
    ...(resilience !== base.resilience && { resilience }),
  }
}

function conditionOf(entry: z.infer<typeof when>): RouteCondition {
  const { tenant, api_key: apiKey, tags, priority, time } = entry
  return {
    ...(tenant && { tenants: tenant.map((id) => id.toLowerCase()) }),
    ...(apiKey && { apiKeys: apiKey.map((id) => id.toLowerCase()) }),
    ...(tags && { tags }),
    ...(priority && { priorities: priority.map((each) => priorities[each]) }),
    ...(entry.larger_than_bytes !== undefined && { largerThan: entry.larger_than_bytes }),
    ...(entry.smaller_than_bytes !== undefined && { smallerThan: entry.smaller_than_bytes }),
    ...(time && {
      time: {
        from: minutesOfDay(time.from) ?? 0,
        to: minutesOfDay(time.to) ?? 0,
        days: (time.days ?? weekdays).map((day) => weekdays.indexOf(day) + 1),
        zone: time.zone,
      },
    }),
  }
}

function isZone(text: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
