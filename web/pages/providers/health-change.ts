import { words } from '#web/format/words.ts'
import type { HealthState } from '#web/graphql/documents.ts'

/** That a provider's health changed. */
export interface HealthChange {
  readonly name: string
  readonly from: HealthState
  readonly to: HealthState
  readonly at: string
}

/** A change in a sentence, for whoever hears it: `openai went from healthy to down`. */
export function changeText({ name, from, to }: Omit<HealthChange, 'at'>): string {
  const state = words(to).toLowerCase()
  return from === 'UNKNOWN'
    ? `${name} is ${state}`
    : `${name} went from ${words(from).toLowerCase()} to ${state}`
}
