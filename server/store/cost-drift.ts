import type { PrismaClient } from '#generated/prisma/client.ts'
import type { CostDrift, CostSum } from '#domain/cost-drift.ts'
import type { Connection } from './connection.ts'

/** Adds what calls cost by their providers and by the price table. */
export async function addCostDrift(
  connection: Pick<Connection, 'query'>,
  sums: readonly CostSum[],
): Promise<void> {
  const rows = sums.map(({ tenantId, providerName, day, calls, reported, computed }) => ({
    tenant_id: tenantId,
    provider_name: providerName,
    day,
    calls,
    reported: String(reported),
    computed: String(computed),
  }))
  await connection.query({
    text: `
insert into cost_drift (tenant_id, provider_name, day, calls, reported, computed)
select tenant_id, provider_name, day, calls, reported, computed
from json_populate_recordset(null::cost_drift, $1::json) order by tenant_id, provider_name, day
on conflict (tenant_id, provider_name, day) do update set calls = cost_drift.calls + excluded.calls,
  reported = cost_drift.reported + excluded.reported, computed = cost_drift.computed + excluded.computed`,
    values: [JSON.stringify(rows)],
  })
}

/** The sums of a tenant by provider, over the last days. */
export async function readCostDrift(
  prisma: PrismaClient,
  { tenantId, days }: { tenantId: string; days: number },
): Promise<ReadonlyMap<string, CostDrift>> {
  const rows = await prisma.$queryRaw<Record<'name' | keyof CostDrift, string>[]>`
    select provider_name as name, sum(calls)::text as calls, sum(reported)::text as reported,
      sum(computed)::text as computed
    from cost_drift
    where tenant_id = ${tenantId}::uuid and day > (now() at time zone 'UTC')::date - ${days}::int
    group by provider_name`
  return new Map(
    rows.map(({ name, calls, reported, computed }) => [
      name,
      { calls: BigInt(calls), reported: BigInt(reported), computed: BigInt(computed) },
    ]),
  )
}
