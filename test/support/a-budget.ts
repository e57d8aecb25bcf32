import type { BudgetRowFragment } from '#web/graphql/documents.ts'

/** A budget as the dashboard has it: half of a month in UTC is over, and a quarter of the money is spent. */
export function aBudget(changes: Partial<BudgetRowFragment> = {}): BudgetRowFragment {
  return {
    id: 'b1',
    name: 'Everything',
    scope: { kind: 'TENANT', value: 't1', label: 'Default' },
    limit: '100',
    period: 'MONTHLY',
    timeZone: 'UTC',
    action: 'BLOCK',
    alertThresholds: [0.5, 0.8, 1],
    spent: '25',
    reserved: '0',
    remaining: '75',
    overage: '0',
    utilisation: 0.25,
    periodStart: '2026-11-01T00:00:00Z',
    resetsAt: '2026-12-01T00:00:00Z',
    paused: false,
    version: 3,
    forecast: { projectedSpend: '50', exhaustsAt: null },
    ...changes,
  }
}
