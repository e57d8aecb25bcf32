import type { HealthState as State } from '#domain/health-score.ts'
import { builder } from '../builder.ts'

const states: Readonly<Record<State, true>> = {
  HEALTHY: true,
  DEGRADED: true,
  DOWN: true,
  UNKNOWN: true,
  DISABLED: true,
}

export const HealthState = builder.enumType('HealthState', {
  values: Object.keys(states) as State[],
})
