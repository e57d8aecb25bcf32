import { defaultTenantId } from '#domain/access.ts'
import type { Allowance } from '#domain/allowance.ts'
import type { AllowanceState } from '#domain/allowance-state.ts'

/** A monthly budget of the default tenant, but for what the test says. */
export const anAllowance = (over: Partial<Allowance> = {}): Allowance => ({
  id: 'b1',
  tenantId: defaultTenantId,
  kind: 'BUDGET',
  name: 'Team A',
  scope: { kind: 'TENANT', value: defaultTenantId },
  unit: 'TICKS',
  limit: 1_000_000_000_000n,
  period: 'MONTH',
  timeZone: 'UTC',
  action: 'BLOCK',
  thresholds: [],
  ...over,
})

/** It as it stands, with nothing used, but for what the test says; its window ends in an hour. */
export const allowanceState = (
  allowance: Allowance,
  over: Partial<AllowanceState> = {},
): AllowanceState => ({
  allowance,
  label: 'Default',
  paused: false,
  version: 1,
  createdAt: 0,
  now: 3_600_000,
  window: { startsAt: 0, endsAt: 7_200_000 },
  spent: 0n,
  held: 0n,
  overage: 0n,
  ...over,
})
