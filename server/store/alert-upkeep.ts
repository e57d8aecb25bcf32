import { resolveAlerts, resolveWhere } from './alerts.ts'
import type { Connection } from './connection.ts'

/** Whoever holds it looks after the alerts; the other replicas leave it at that. */
const advisoryLock = 7_265_144_802

/** What is used has to fall by so much below a threshold before that can be crossed again. */
const armed = 0.95
/** How long an alert stays open when the window in which it was seen is over: short windows follow each other fast. */
const quiet = `interval '5 minutes'`

/** Thresholds that are far enough away again, since a limit was raised or a price has fallen. */
const rearm = `
with disarmed as materialized (
  select w.id, coalesce((
    select max(t) from unnest(a.thresholds) as t where w.spent >= ${armed} * t * a.amount), 0) as notified
  from allowance_window w join allowance a on a.id = w.allowance_id
  where w.notified > 0 and (w.ends_at is null or w.ends_at > now()) and w.spent < ${armed} * w.notified * a.amount
  order by w.id for update of w
)
update allowance_window w set notified = d.notified from disarmed d where w.id = d.id`

/** The second part of an allowance's subject key is a share of its limit; without one it is the whole limit. */
const overAllowances = `
kind in ('BUDGET_THRESHOLD', 'BUDGET_EXHAUSTED', 'QUOTA_EXHAUSTED') and not exists (
  select from allowance a left join lateral (
    select * from allowance_window where allowance_id = a.id and starts_at <= now() and (ends_at is null or ends_at > now())
    order by starts_at desc limit 1
  ) w on true
  where a.id = split_part(alert.subject_key, '/', 1)::uuid and a.deleted_at is null and not a.paused
    and case when w.starts_at <= alert.last_seen_at
      then case split_part(alert.subject_key, '/', 2) when 'overage' then true
        when '' then w.spent >= ${armed} * a.amount
        else w.spent >= ${armed} * split_part(alert.subject_key, '/', 2)::float8 * a.amount end
      else alert.last_seen_at > now() - ${quiet} end)`

/** Circuits that were closed by whichever replica, or by hand; providers that are disabled by hand; good news that is old. */
const overProviders = `
(kind = 'CIRCUIT_OPENED' and last_seen_at < now() - interval '30 seconds'
  and not exists (select from target_state t where t.name = alert.subject_key and t.circuit ->> 'state' <> 'CLOSED'))
or (kind = 'PROVIDER_DOWN' and exists (
  select from provider_control c where c.provider_name = alert.subject_key and c.override = 'FORCE_DISABLED'))
or (kind = 'PROVIDER_RECOVERED' and last_seen_at < now() - interval '1 hour')`

/**
 * Resolves alerts whose condition is over: a budget or quota began anew, was raised or is gone; a model has a price now; a
 * circuit is closed.
 * One replica does it at a time.
 *
 * @param isPriced Whether a model, `provider:model`, has a price now.
 * @param hasProvider Whether a provider is configured now.
 */
export async function keepAlerts(
  connection: Connection,
  {
    isPriced,
    hasProvider,
  }: { isPriced: (model: string) => boolean; hasProvider: (name: string) => boolean },
): Promise<void> {
  await connection.query({ text: 'begin' })
  try {
    const [lock] = await connection.query<{ mine: boolean }>({
      text: 'select pg_try_advisory_xact_lock($1) as mine',
      values: [advisoryLock],
    })
    if (lock?.mine) {
      await connection.query({ text: rearm })
      await resolveWhere(connection, { condition: overAllowances })
      await resolveWhere(connection, { condition: overProviders })
      await resolvePriced(connection, isPriced)
      await resolveGone(connection, hasProvider)
    }
    await connection.query({ text: 'commit' })
  } catch (error) {
    await connection.query({ text: 'rollback' }).catch(() => {})
    throw error
  }
}

async function resolvePriced(connection: Connection, isPriced: (model: string) => boolean) {
  const open = await connection.query<{ model: string }>({
    text: `select distinct subject_key as model from alert where kind = 'UNPRICED_MODEL' and resolved_at is null`,
  })
  const subjectKeys = open.map(({ model }) => model).filter(isPriced)
  await resolveAlerts(connection, { kind: 'UNPRICED_MODEL', subjectKeys })
}

/** Of a provider that is not configured any more nothing is told; the subject is it, or `provider:model`. */
async function resolveGone(connection: Connection, hasProvider: (name: string) => boolean) {
  const open = await connection.query<{
    subject: string
    kind: 'PROVIDER_DOWN' | 'CIRCUIT_OPENED'
  }>({
    text: `select subject_key as subject, kind from alert where kind in ('PROVIDER_DOWN', 'CIRCUIT_OPENED') and resolved_at is null`,
  })
  const gone = open.filter(({ subject }) => !hasProvider(subject.split(':')[0] ?? ''))
  for (const { subject, kind } of gone)
    await resolveAlerts(connection, { kind, subjectKeys: [subject] })
}
