import { uptime } from './duration.ts'
import { unknown } from './unknown.ts'

const formats = new Map<string, Intl.DateTimeFormat>()

function format(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = zone + JSON.stringify(options)
  const known = formats.get(key) ?? new Intl.DateTimeFormat('en-GB', { timeZone: zone, ...options })
  formats.set(key, known)
  return known
}

const clockTime = {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
} as const
const dayAndMonth = { day: '2-digit', month: 'short' } as const

type Instant = string | number | null | undefined

/** The time of day in a zone: `14:03:07`. */
export function timeOfDay(at: Instant, zone: string): string {
  return at === null || at === undefined ? unknown : format(zone, clockTime).format(new Date(at))
}

/** Hours and minutes: `14:03`. */
export function hourAndMinute(at: Instant, zone: string): string {
  if (at === null || at === undefined) return unknown
  return format(zone, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(new Date(at))
}

/** Day and time in a zone: `22 Nov, 14:03:07`. */
export function dayAndTime(at: Instant, zone: string): string {
  if (at === null || at === undefined) return unknown
  return format(zone, { ...dayAndMonth, ...clockTime }).format(new Date(at))
}

/** The day alone: `22 Nov`. */
export function day(at: Instant, zone: string): string {
  return at === null || at === undefined ? unknown : format(zone, dayAndMonth).format(new Date(at))
}

/** Day, hours and minutes in a zone: `1 Dec, 00:00`; with the year where it is not this one's. */
export function dayAndMinute(at: Instant, zone: string, now: number = Date.now()): string {
  if (at === null || at === undefined) return unknown
  const year = (instant: string | number) =>
    format(zone, { year: 'numeric' }).format(new Date(instant))
  const options: Intl.DateTimeFormatOptions = {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    ...(year(at) !== year(now) && { year: 'numeric' }),
  }
  return format(zone, options).format(new Date(at))
}

/** How long until then, from `now` in epoch milliseconds: `now`, `in 5 m 3 s`, `in 7 d 21 h`. */
export function until(at: Instant, now: number): string {
  if (at === null || at === undefined) return unknown
  const seconds = Math.round((new Date(at).getTime() - now) / 1000)
  return seconds < 1 ? 'now' : `in ${uptime(seconds)}`
}

/** How long ago, from `now` in epoch milliseconds: `just now`, `12 s ago`, `3 m ago`, `5 h ago`, `2 d ago`. */
export function ago(at: Instant, now: number): string {
  if (at === null || at === undefined) return unknown
  const seconds = Math.max(0, Math.round((now - new Date(at).getTime()) / 1000))
  if (seconds < 2) return 'just now'
  if (seconds < 60) return `${seconds} s ago`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ago`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`
  return `${Math.floor(seconds / 86_400)} d ago`
}

/** A zone as one says it: `Berlin`, `New York`, `UTC`. */
export function zoneName(zone: string): string {
  return (zone.split('/').at(-1) ?? zone).replaceAll('_', ' ')
}
