import { z } from 'zod'
import { minutesOfDay, type RouteCondition } from '#domain/route-condition.ts'
import { oneOf } from './one-of.ts'

const priorities = { low: 'LOW', normal: 'NORMAL', high: 'HIGH', critical: 'CRITICAL' } as const
const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
const clock = z
  .string()
  .refine((text) => minutesOfDay(text) !== undefined, 'expected a time such as 08:30')
const zone = z.string().refine(isZone, 'is no IANA time zone such as Europe/Berlin')
const idsOf = (what: string) =>
  z
    .array(z.guid(`expected the id of ${what}`).toLowerCase())
    .min(1)
    .optional()

/** When a rule of a route counts: all that it says must be so. */
export const conditionEntry = z
  .strictObject({
    tenant: idsOf('a tenant'),
    api_key: idsOf('an API key'),
    tags: z.array(z.string().min(1)).min(1).optional(),
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
  .refine(
    ({ larger_than_bytes: least = -1, smaller_than_bytes: most = Infinity }) => least + 1 < most,
    { path: ['smaller_than_bytes'], error: 'leaves no size above larger_than_bytes' },
  )

export function conditionOf(entry: z.infer<typeof conditionEntry>): RouteCondition {
  const { tenant, api_key: apiKey, tags, priority, time } = entry
  return {
    ...(tenant && { tenants: tenant }),
    ...(apiKey && { apiKeys: apiKey }),
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
