import type { HealthOverride as Override } from '#domain/target-health.ts'
import { builder } from '../builder.ts'

const overrides: Readonly<Record<Override, true>> = {
  AUTO: true,
  FORCE_ENABLED: true,
  FORCE_DISABLED: true,
}

export const HealthOverride = builder.enumType('HealthOverride', {
  values: Object.keys(overrides) as Override[],
})
