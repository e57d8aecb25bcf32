import type { QuotaRowFragment } from '#web/graphql/documents.ts'

/** A quota as the dashboard has it, half used. */
export function aQuota(changes: Partial<QuotaRowFragment> = {}): QuotaRowFragment {
  return {
    id: 'q1',
    name: 'All a minute',
    scope: { kind: 'TENANT', value: 't1', label: 'Default' },
    unit: 'REQUESTS',
    limit: 60,
    window: 'MINUTE',
    timeZone: 'UTC',
    used: 30,
    remaining: 30,
    resetsAt: '2026-11-23T10:01:00Z',
    throttledLastHour: 0,
    version: 1,
    ...changes,
  }
}
