import type { Priority } from './request-record.ts'
import { utf8Bytes } from './utf8-bytes.ts'

/** When a rule of a route counts: where all that it says is so. What it does not say is not asked. */
export interface RouteCondition {
  readonly tenants?: readonly string[]
  readonly apiKeys?: readonly string[]
  /** All of them must be on the call. */
  readonly tags?: readonly string[]
  readonly priorities?: readonly Priority[]
  /** Bytes of the request. */
  readonly largerThan?: number
  readonly smallerThan?: number
  readonly time?: TimeOfWeek
}

/** A part of each day, on some days of the week, by the clock on a wall. */
export interface TimeOfWeek {
  /** Minutes since midnight; where it is not before `to`, the time goes over midnight. */
  readonly from: number
  readonly to: number
  /** On which it begins: 1 is Monday, 7 Sunday. */
  readonly days: readonly number[]
  /** IANA. */
  readonly zone: string
}

/** What a condition looks at. */
export interface RoutedCall {
  readonly viewer: { readonly tenantId: string; readonly apiKeyId: string | null }
  readonly tags: readonly string[]
  readonly priority: Priority
  readonly request: { readonly text: string }
  readonly startedAtEpochMs: number
}

export function holdsFor(condition: RouteCondition, call: RoutedCall): boolean {
  const { tenants, apiKeys, tags, priorities, largerThan, smallerThan, time } = condition
  const { viewer, request } = call
  if (tenants && !tenants.includes(viewer.tenantId)) return false
  if (apiKeys && (viewer.apiKeyId === null || !apiKeys.includes(viewer.apiKeyId))) return false
  if (tags && !tags.every((tag) => call.tags.includes(tag))) return false
  if (priorities && !priorities.includes(call.priority)) return false
  if (largerThan !== undefined && utf8Bytes(request.text) <= largerThan) return false
  if (smallerThan !== undefined && utf8Bytes(request.text) >= smallerThan) return false
  return time === undefined || isWithin(time, call.startedAtEpochMs)
}

const minutesPerDay = 1440

/** Whether that instant is in that part of the week. On days that DST makes longer or shorter the clock on the wall counts. */
export function isWithin({ from, to, days, zone }: TimeOfWeek, epochMs: number): boolean {
  const { hour, minute, dayOfWeek } =
    Temporal.Instant.fromEpochMilliseconds(epochMs).toZonedDateTimeISO(zone)
  const now = hour * 60 + minute
  if (from < to) return days.includes(dayOfWeek) && now >= from && now < to
  const yesterday = dayOfWeek === 1 ? 7 : dayOfWeek - 1
  return (days.includes(dayOfWeek) && now >= from) || (days.includes(yesterday) && now < to)
}

/** @param text `8:30` or `08:30`, up to `24:00`. @returns Undefined for anything else. */
export function minutesOfDay(text: string): number | undefined {
  const [, hour, minute] = /^(\d{1,2}):(\d{2})$/.exec(text) ?? []
  const minutes = Number(hour) * 60 + Number(minute)
  return Number(minute) < 60 && minutes <= minutesPerDay ? minutes : undefined
}
