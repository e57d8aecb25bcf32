import { GatewayError } from '#domain/errors.ts'
import type { HealthMonitor } from '#events/provider-health.ts'
import type { HealthSource } from '#graphql/health-source.ts'

const nobody = () => Promise.reject(new GatewayError('NOT_FOUND', 'There is nothing.'))

/** Health as a monitor sees it, and nothing that is kept or decided. */
export const monitoredHealth = (monitor: HealthMonitor): HealthSource => ({
  healthOf: monitor.healthOf,
  limitsOf: () => undefined,
  statesOf: async () => [],
  setOverride: nobody,
  resetCircuit: nobody,
  test: nobody,
})
