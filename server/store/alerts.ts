import { randomUUIDv7 } from 'node:crypto'
import { type AlertKind, alertSeverities, type SeenCondition } from '#domain/alert.ts'
import { busChannel } from '#domain/bus-topic.ts'
import type { Connection } from './connection.ts'

/** The payload of `alert` on the bus, see bus-topic.ts. */
const tell = (alerts: string): string =>
  `select id::text, pg_notify('${busChannel}', 'alert:' || tenant_id || '/' || id) from ${alerts}`

const raise = `
with raised as (
  insert into alert (id, tenant_id, kind, severity, subject_key, subject, message, count)
  select id, tenant_id, kind, severity, subject_key, subject, message, count
  from json_to_recordset($1::json) as a(id uuid, tenant_id uuid, kind text, severity text, subject_key text, subject text,
    message text, count int)
  order by tenant_id, kind, subject_key
  on conflict (tenant_id, kind, subject_key) where resolved_at is null do update set
    count = alert.count + excluded.count, last_seen_at = now(), severity = excluded.severity,
    subject = excluded.subject, message = excluded.message
  returning id, tenant_id
)
${tell('raised')}`

/**
 * Opens alerts, or counts them where they are open: one statement, which may stand in somebody else's transaction, after
 * whatever else that locks. Replicas hear of them when it commits.
 */
export async function raiseAlert(
  connection: Pick<Connection, 'query'>,
  conditions: readonly SeenCondition[],
): Promise<void> {
  if (conditions.length === 0) return
  const byKey = new Map<string, SeenCondition>()
  for (const condition of conditions) {
    const key = JSON.stringify([condition.tenantId, condition.kind, condition.subjectKey])
    const count = (byKey.get(key)?.count ?? 0) + (condition.count ?? 1)
    byKey.set(key, { ...condition, count })
  }
  const rows = [...byKey.values()].map(({ tenantId, kind, subjectKey, ...shown }) => ({
    id: randomUUIDv7(),
    tenant_id: tenantId,
    kind,
    severity: alertSeverities[kind],
    subject_key: subjectKey,
    ...shown,
  }))
  await connection.query({ text: raise, values: [JSON.stringify(rows)] })
}

/**
 * Resolves the open alerts of a kind about some subjects, of one tenant or of all.
 *
 * @returns How many.
 */
export async function resolveAlerts(
  connection: Pick<Connection, 'query'>,
  {
    kind,
    subjectKeys,
    tenantId = null,
  }: { kind: AlertKind; subjectKeys: readonly string[]; tenantId?: string | null },
): Promise<number> {
  if (subjectKeys.length === 0) return 0
  return resolveWhere(connection, {
    condition: `kind = $1 and subject_key = any($2::text[]) and ($3::uuid is null or tenant_id = $3::uuid)`,
    values: [kind, [...subjectKeys], tenantId],
  })
}

/**
 * Resolves the open alerts that fulfil a condition. They are locked in the order in which they are raised, so that
 * nobody deadlocks.
 *
 * @param condition SQL over the columns of `alert`.
 * @returns How many.
 */
export async function resolveWhere(
  connection: Pick<Connection, 'query'>,
  { condition, values = [] }: { condition: string; values?: readonly unknown[] },
): Promise<number> {
  const resolved = await connection.query({
    text: `
with due as materialized (
  select id from alert where resolved_at is null and (${condition}) order by tenant_id, kind, subject_key for update
), resolved as (
  update alert a set resolved_at = now() from due where a.id = due.id and a.resolved_at is null returning a.id, a.tenant_id
)
${tell('resolved')}`,
    values,
  })
  return resolved.length
}
