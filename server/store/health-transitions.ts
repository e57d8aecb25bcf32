import { defaultTenantId } from '#domain/access.ts'
import { providerDownAlert, providerRecoveredAlert } from '#domain/alert.ts'
import type { HealthState } from '#domain/health-score.ts'
import type { HealthTransition } from '#domain/health-transition.ts'
import type { TimeRange } from '#domain/request-filter.ts'
import { raiseAlert, resolveAlerts } from './alerts.ts'
import type { Connection } from './connection.ts'

type Query = Pick<Connection, 'query'>

/** Since when a provider was in a state. */
export interface StateSince {
  readonly state: HealthState
  /** Epoch milliseconds. */
  readonly at: number
}

const insert = `
insert into provider_transition (provider_name, from_state, to_state, reason, at)
select provider_name, from_state, to_state, reason, to_timestamp(at / 1000)
from json_to_recordset($1::json) as t(provider_name text, from_state text, to_state text, reason text, at float8)
where to_state is distinct from (
  select last.to_state from provider_transition last where last.provider_name = t.provider_name order by last.id desc limit 1)
order by at`

/**
 * Writes transitions of health down, each once though all replicas see it, and opens and resolves the installation's
 * alerts about providers that are down.
 */
export async function recordTransitions(
  connection: Query,
  transitions: readonly HealthTransition[],
): Promise<void> {
  for (const { providerName, from, to, reason, at } of transitions) {
    const row = { provider_name: providerName, from_state: from, to_state: to, reason, at }
    await connection.query({ text: insert, values: [JSON.stringify([row])] })
  }
  for (const transition of transitions)
    if (!transition.simulated) await alarm(connection, transition)
}

async function alarm(
  connection: Query,
  { providerName, to, reason, byHand }: HealthTransition,
): Promise<void> {
  const isDown = to === 'DOWN' || (to === 'DISABLED' && !byHand)
  if (isDown) {
    await resolveAlerts(connection, { kind: 'PROVIDER_RECOVERED', subjectKeys: [providerName] })
    await raiseAlert(connection, [providerDownAlert(defaultTenantId, { providerName, reason })])
    return
  }
  // Nobody knows whether it is down: it stays an open question.
  if (to === 'UNKNOWN') return
  const down = { kind: 'PROVIDER_DOWN', subjectKeys: [providerName] } as const
  const resolved = await resolveAlerts(connection, down)
  if (resolved > 0 && to !== 'DISABLED')
    await raiseAlert(connection, [providerRecoveredAlert(defaultTenantId, providerName)])
}

/** A provider that changes every second has the latest of its history. */
const mostTransitions = 20_000

/** The states of a provider during a range, oldest first, beginning with the one that it was in when the range began. */
export async function readStates(
  connection: Query,
  providerName: string,
  { from, to }: TimeRange,
): Promise<readonly StateSince[]> {
  return connection.query<StateSince>({
    text: `
select state, at from (
  select id, to_state as state, (extract(epoch from at) * 1000)::float8 as at from provider_transition
  where provider_name = $1 and at < to_timestamp($3::float8 / 1000) and at >= coalesce((
    select max(at) from provider_transition where provider_name = $1 and at <= to_timestamp($2::float8 / 1000)), '-infinity')
  order by at desc, id desc limit ${mostTransitions}
) as latest order by at, id`,
    values: [providerName, from, to],
  })
}

/** Takes away what is older than 90 days, but for the state that each provider has been in since. */
export async function dropOldTransitions(connection: Query): Promise<void> {
  await connection.query({
    text: `
delete from provider_transition old where at < now() - interval '90 days' and exists (
  select from provider_transition later where later.provider_name = old.provider_name and later.id > old.id)`,
  })
}
