import type { HealthOverride } from './target-health.ts'

/** What people have decided of a provider. */
export interface ProviderControl {
  readonly providerName: string
  readonly override: HealthOverride
  /** Why; null where nobody said. */
  readonly reason: string | null
  /** When its circuits were last closed by hand, epoch ms; null: never. */
  readonly resetAt: number | null
}
