import type { AttemptOpening, AttemptRecord, HeldWindow } from '#domain/request-record.ts'
import { usedIn } from '#domain/reservation.ts'

const none: readonly string[] = []

/** The windows that attempts hold something of, each once. */
export function windowIds(attempts: readonly AttemptOpening[]): readonly string[] {
  if (!attempts.some(({ windows }) => windows)) return none
  return [...new Set(attempts.flatMap(({ windows = [] }) => windows.map(({ id }) => id)))]
}

/** The windows that rows of attempts name, as they stand in the spool. */
export function windowsNamed(attempts: string): readonly string[] {
  if (!attempts.includes('"window_ids"')) return none
  const rows: readonly { readonly window_ids?: readonly string[] }[] = JSON.parse(`[${attempts}]`)
  return [...new Set(rows.flatMap(({ window_ids = [] }) => window_ids))]
}

/** `,"window_ids":[...],"held":[...]`: what an attempt has set aside. */
export function heldWindows(windows: readonly HeldWindow[]): string {
  const ids = windows.map(({ id }) => `"${id}"`)
  const held = windows.map((window) => `"${window.held}"`)
  return `,"window_ids":[${ids.join(',')}],"held":[${held.join(',')}]`
}

/** `,"used":[...]`: what it used of each in the end. */
export function usedWindows(windows: readonly HeldWindow[], attempt: AttemptRecord): string {
  return `,"used":[${windows.map(({ unit }) => `"${usedIn(unit, attempt)}"`).join(',')}]`
}
