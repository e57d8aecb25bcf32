import { defaultTenantId } from '#domain/access.ts'
import {
  type AlertedAllowance,
  credentialAlert,
  exhaustedAlert,
  isExhausted,
  overageAlert,
  type SeenCondition,
  unpricedAlert,
} from '#domain/alert.ts'
import type { AlertSighting } from '#domain/alert-sighting.ts'
import { raiseAlert, resolveAlerts } from './alerts.ts'
import type { Connection } from './connection.ts'

type Query = Pick<Connection, 'query'>

type AllowanceRow = Omit<AlertedAllowance, 'limit' | 'spent'> & {
  readonly windowId: string
  readonly action: string
  readonly limit: string
  readonly spent: string
}

type Standing = AlertedAllowance & Pick<AllowanceRow, 'windowId' | 'action'>

const allowance = `
select w.id::text as "windowId", a.id, a.tenant_id as "tenantId", a.kind, a.name, a.unit, a.action, a.amount::text as "limit",
  w.spent::text
from allowance_window w join allowance a on a.id = w.allowance_id`

/** How the allowances of some windows stand. */
async function standingsOf(
  connection: Query,
  windowIds: readonly string[],
): Promise<readonly Standing[]> {
  if (windowIds.length === 0) return []
  return standings(connection, `${allowance} where w.id = any($1::bigint[])`, windowIds)
}

const current = `${allowance}
where a.id = any($1::uuid[]) and w.starts_at <= now() and (w.ends_at is null or w.ends_at > now())`

async function standings(connection: Query, text: string, ids: readonly string[]) {
  const rows = await connection.query<AllowanceRow>({ text, values: [[...ids]] })
  return rows.map((row) => ({ ...row, limit: BigInt(row.limit), spent: BigInt(row.spent) }))
}

/** Writes down what was seen of calls: opens alerts, counts them, and resolves those about credentials. */
export async function recordSightings(
  connection: Query,
  sightings: readonly AlertSighting[],
): Promise<void> {
  const conditions = sightings.flatMap(ofCalls)
  conditions.push(...(await ofRefusals(connection, sightings)))
  conditions.push(...(await ofOverages(connection, sightings)))
  await raiseAlert(connection, conditions)
  await resolveAlerts(connection, {
    kind: 'CREDENTIAL_REJECTED',
    subjectKeys: sightings.flatMap((each) =>
      each.kind === 'CREDENTIAL' && each.code === null ? [each.providerName] : [],
    ),
  })
}

/** Those whose calls were refused are told, and those who run the installation, whose credential it is. */
function ofCalls(sighting: AlertSighting): readonly SeenCondition[] {
  if (sighting.kind === 'UNPRICED')
    return [{ ...unpricedAlert(sighting.tenantId, sighting.model), count: sighting.count }]
  if (sighting.kind !== 'CREDENTIAL' || sighting.code === null) return []
  const { code, providerName, refused } = sighting
  const all = [...refused.values()].reduce((sum, count) => sum + count, 0)
  return [...new Map([...refused, [defaultTenantId, all]])].map(([tenantId, count]) => ({
    ...credentialAlert(tenantId, { providerName, code }),
    count,
  }))
}

async function ofRefusals(
  connection: Query,
  sightings: readonly AlertSighting[],
): Promise<readonly SeenCondition[]> {
  const counts = new Map(
    sightings.flatMap((each) => (each.kind === 'REFUSAL' ? [[each.allowanceId, each.count]] : [])),
  )
  if (counts.size === 0) return []
  const refusing = await standings(connection, current, [...counts.keys()])
  return refusing
    .filter(isExhausted)
    .map((each) => ({ ...exhaustedAlert(each), count: counts.get(each.id) ?? 1 }))
}

async function ofOverages(
  connection: Query,
  sightings: readonly AlertSighting[],
): Promise<readonly SeenCondition[]> {
  const overages = sightings.filter((each) => each.kind === 'OVERAGE')
  const exceeded = await standingsOf(
    connection,
    overages.map(({ windowId }) => windowId),
  )
  // Where an allowance only counts, nothing bounds what a call may cost.
  const blocking = exceeded.filter(({ action }) => action === 'BLOCK')
  return overages.flatMap(({ windowId, count, ...overage }) =>
    blocking
      .filter((each) => each.windowId === windowId)
      .map((each) => ({ ...overageAlert(each, overage), count })),
  )
}

/** Names of the providers whose credential counts as rejected, for whomever. */
export async function rejectedProviders(connection: Query): Promise<readonly string[]> {
  const rows = await connection.query<{ name: string }>({
    text: `select distinct subject_key as name from alert where kind = 'CREDENTIAL_REJECTED' and resolved_at is null`,
  })
  return rows.map(({ name }) => name)
}
