import type { Changer } from '#domain/audit.ts'
import type { GatewayError } from '#domain/errors.ts'
import type { HealthState } from '#domain/health-score.ts'
import type { TimeRange } from '#domain/request-filter.ts'
import type { HealthOverride } from '#domain/target-health.ts'
import type { UpstreamLimits } from '#domain/upstream-limits.ts'
import type { ProviderHealth } from '#events/provider-health.ts'

/** How providers are, and what people decide of them. They are the installation's. */
export interface HealthSource {
  healthOf(providerName: string, tenantId: string): ProviderHealth
  /** What the provider last told of its limits, and when (epoch ms); undefined where it told nothing. */
  limitsOf(
    providerName: string,
  ): { readonly limits: UpstreamLimits; readonly at: number } | undefined
  /** The states of a provider during a range, oldest first, beginning with the one that it was in when the range began. */
  statesOf(
    providerName: string,
    range: TimeRange,
  ): Promise<readonly { readonly state: HealthState; readonly at: number }[]>
  /** In force when it resolves. @throws {GatewayError} FORBIDDEN, INVALID_REQUEST. */
  setOverride(
    providerName: string,
    decided: { readonly override: HealthOverride; readonly reason: string | null },
    by: Changer,
  ): Promise<void>
  /** Closes all circuits of a provider, and enables what was disabled by itself. @throws {GatewayError} FORBIDDEN. */
  resetCircuit(providerName: string, by: Changer): Promise<void>
  /** Asks a provider for its models now; that counts as evidence. @throws {GatewayError} FORBIDDEN. */
  test(
    providerName: string,
    by: Changer,
  ): Promise<{ readonly error: GatewayError | undefined; readonly latencyMs: number }>
}
