import { dayAndMinute, until } from '#web/format/instant.ts'
import type { KeyRowFragment } from '#web/graphql/documents.ts'

type Dates = Pick<KeyRowFragment, 'revokedAt' | 'expiresAt' | 'previousSecretValidUntil'>

/** How a key stands, as a word, a colour and the instant behind it. */
export interface KeyState {
  readonly word: string
  readonly tone: 'good' | 'warn' | 'bad' | 'idle'
  readonly detail: string
}

const soonMs = 7 * 86_400_000

/** @param now Epoch milliseconds; @param zone Of the instants in the words. */
export function keyState(key: Dates, { now, zone }: { now: number; zone: string }): KeyState {
  const at = (instant: string) => dayAndMinute(instant, zone, now)
  if (key.revokedAt) return { word: 'Revoked', tone: 'bad', detail: at(key.revokedAt) }
  if (key.expiresAt && Date.parse(key.expiresAt) <= now)
    return { word: 'Expired', tone: 'bad', detail: at(key.expiresAt) }
  if (isInGrace(key, now)) {
    const end = key.previousSecretValidUntil ?? ''
    return { word: 'Rotating', tone: 'warn', detail: `the old secret works until ${at(end)}` }
  }
  if (key.expiresAt && Date.parse(key.expiresAt) - now < soonMs)
    return { word: 'Expires soon', tone: 'warn', detail: until(key.expiresAt, now) }
  return { word: 'Active', tone: 'good', detail: '' }
}

/** The secret before the last rotation still works. */
export function isInGrace(
  { previousSecretValidUntil }: Pick<Dates, 'previousSecretValidUntil'>,
  now: number,
): boolean {
  return previousSecretValidUntil !== null && Date.parse(previousSecretValidUntil) > now
}

/** Whether anybody can use the key, or will. */
export function isUsable(
  { revokedAt, expiresAt }: Omit<Dates, 'previousSecretValidUntil'>,
  now: number,
) {
  return revokedAt === null && (expiresAt === null || Date.parse(expiresAt) > now)
}
