import { GatewayError } from '#domain/errors.ts'
import type { UsageDimension } from '#domain/usage-query.ts'
import type { Reader } from './reader.ts'
import type { SeriesKey } from './usage-cells.ts'

export interface ReportingTenant {
  readonly id: string
  readonly name: string
  readonly timeZone: string
}

/** The tenant whose calls are reported. @throws {GatewayError} NOT_FOUND. */
export async function reportingTenant(reader: Reader, tenantId: string): Promise<ReportingTenant> {
  const [tenant] = await reader.query<ReportingTenant>({
    text: 'select id, name, reporting_time_zone as "timeZone" from tenant where id = $1',
    values: [tenantId],
  })
  if (!tenant) throw new GatewayError('NOT_FOUND', 'There is no such tenant.')
  return tenant
}

/** What people read for the values of dimensions: names for ids, else the value itself. At most one statement. */
export async function labelsOf(
  reader: Reader,
  {
    tenant,
    groupBy,
    keys,
  }: { tenant: ReportingTenant; groupBy: readonly UsageDimension[]; keys: readonly SeriesKey[] },
): Promise<(index: number, value: string) => string> {
  const named = groupBy.flatMap((each, at) => (each === 'API_KEY' || each === 'PROJECT' ? at : []))
  const ids = keys.flatMap((key) => named.map((at) => key[at] ?? '')).filter((id) => id !== '')
  const names = new Map<string, string>()
  if (ids.length > 0) {
    const rows = await reader.query<{ id: string; name: string }>({
      text: `select id, name from api_key where tenant_id = $1 and id = any($2::uuid[])
        union all select id, name from project where tenant_id = $1 and id = any($2::uuid[])`,
      values: [tenant.id, ids],
    })
    for (const { id, name } of rows) names.set(id, name)
  }
  return (index, value) => {
    if (value === '') return '(none)'
    if (groupBy[index] === 'TENANT') return tenant.name
    return names.get(value) ?? value
  }
}
