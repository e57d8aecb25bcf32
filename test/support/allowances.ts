import { randomUUID } from 'node:crypto'
import { defaultTenantId } from '#domain/access.ts'
import type { Allowance } from '#domain/allowance.ts'
import { type Breach, findBreaches } from '#store/invariants.ts'
import { sql } from './store.ts'

/** Writes an allowance as it would be created: a monthly budget of the default tenant, but for what is given. */
export async function createAllowance(
  databaseUrl: string,
  over: Partial<Allowance> = {},
): Promise<Allowance> {
  const tenantId = over.tenantId ?? defaultTenantId
  const allowance: Allowance = {
    id: randomUUID(),
    tenantId,
    kind: 'BUDGET',
    name: 'test',
    scope: { kind: 'TENANT', value: tenantId },
    unit: 'TICKS',
    limit: 1_000_000n,
    period: 'MONTH',
    timeZone: 'UTC',
    action: 'BLOCK',
    thresholds: [],
    ...over,
  }
  await sql(
    databaseUrl,
    `insert into allowance (id, tenant_id, kind, name, scope_kind, scope_value, unit, amount, period, time_zone, action,
       thresholds) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      allowance.id,
      tenantId,
      allowance.kind,
      allowance.name,
      allowance.scope.kind,
      allowance.scope.value,
      allowance.unit,
      String(allowance.limit),
      allowance.period,
      allowance.timeZone,
      allowance.action,
      allowance.thresholds,
    ],
  )
  return allowance
}

/** What is spent, held and above the holds of an allowance, in all its windows together. */
export async function totalsOf(
  databaseUrl: string,
  { id }: Pick<Allowance, 'id'>,
): Promise<{ spent: bigint; held: bigint; overage: bigint }> {
  const [row] = await sql<{ spent: string; held: string; overage: string }>(
    databaseUrl,
    `select coalesce(sum(spent), 0)::text as spent, coalesce(sum(held), 0)::text as held,
       coalesce(sum(overage), 0)::text as overage from allowance_window where allowance_id = $1`,
    [id],
  )
  return {
    spent: BigInt(row?.spent ?? 0),
    held: BigInt(row?.held ?? 0),
    overage: BigInt(row?.overage ?? 0),
  }
}

/** What `orchestrator doctor` would find. */
export function breachesOf(databaseUrl: string): Promise<readonly Breach[]> {
  return findBreaches({
    query: async <Row>({ text }: { text: string }) =>
      (await sql(databaseUrl, text)) as unknown as Row[],
  })
}
