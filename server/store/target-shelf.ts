import { defaultTenantId } from '#domain/access.ts'
import { circuitOpenedAlert } from '#domain/alert.ts'
import { busChannel } from '#domain/bus-topic.ts'
import type { KeptRow, TargetChange } from '#domain/kept-target.ts'
import { raiseAlert, resolveAlerts } from './alerts.ts'
import type { Connection } from './connection.ts'

/** All targets that are not well. */
export function readTargets(connection: Pick<Connection, 'query'>): Promise<readonly KeptRow[]> {
  return connection.query<KeptRow>({
    text: `select name, provider_name as "providerName", circuit, health from target_state`,
  })
}

const write = `
with change as (
  select * from json_to_recordset($1::json) as c(name text, provider_name text, circuit jsonb, health jsonb)
), gone as (
  delete from target_state t using change c where c.circuit is null and t.name = c.name
), kept as (
  insert into target_state (name, provider_name, circuit, health)
  select name, provider_name, circuit, health from change where circuit is not null order by name
  on conflict (name) do update set circuit = excluded.circuit, health = excluded.health, updated_at = now()
)
select pg_notify('${busChannel}', 'health:target')::text`

/**
 * Keeps what has become of targets, and tells all replicas. Circuits that were opened are alerts of the installation's
 * while they are not closed again.
 *
 * @param isSimulated Whether a provider is, so that nobody is alarmed.
 */
export async function writeTargets(
  connection: Pick<Connection, 'query'>,
  changes: readonly TargetChange[],
  isSimulated: (providerName: string) => boolean,
): Promise<void> {
  const rows = changes.map(({ name, providerName, kept }) => ({
    name,
    provider_name: providerName,
    circuit: kept?.circuit ?? null,
    health: kept?.health ?? null,
  }))
  await connection.query({ text: write, values: [JSON.stringify(rows)] })
  const real = changes.filter(({ providerName }) => !isSimulated(providerName))
  await raiseAlert(
    connection,
    real
      .filter(({ opened }) => opened > 0)
      .map(({ name, opened }) => ({ ...circuitOpenedAlert(defaultTenantId, name), count: opened })),
  )
  await resolveAlerts(connection, {
    kind: 'CIRCUIT_OPENED',
    subjectKeys: real
      .filter(({ kept }) => kept === null || kept.circuit.state === 'CLOSED')
      .map(({ name }) => name),
  })
}

/** Forgets targets that nobody has called for a week. */
export async function forgetTargets(connection: Pick<Connection, 'query'>): Promise<void> {
  await connection.query({
    text: `delete from target_state where updated_at < now() - interval '7 days'`,
  })
}
