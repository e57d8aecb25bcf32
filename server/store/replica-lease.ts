import type { Connection } from './connection.ts'

/** How long a replica counts as alive after its last beat. Measured by the database's clock alone. */
const leaseSeconds = 20

/** Says that this replica is alive. Also the first time, and after its row was taken away. */
export async function beat(connection: Connection, replicaId: string): Promise<void> {
  await connection.query({
    text: `insert into replica (id) values ($1) on conflict (id) do update set heartbeat_at = now()`,
    values: [replicaId],
  })
}

/** Ends the lease: what this replica has left open is anybody's to finish at once. */
export async function leave(connection: Connection, replicaId: string): Promise<void> {
  await connection.query({ text: 'delete from replica where id = $1', values: [replicaId] })
}

/** Ends the leases of all others: for a replica that knows that it is alone. */
export async function expel(connection: Connection, replicaId: string): Promise<void> {
  await connection.query({ text: 'delete from replica where id <> $1', values: [replicaId] })
}

/**
 * SQL: the replicas that are alive, as `id`. A database that was away could take no beats, so its start counts as one.
 */
export const livingReplicas = `
select id from replica
where greatest(heartbeat_at, pg_postmaster_start_time()) > now() - interval '${leaseSeconds} seconds'`

/** Takes away replicas that have been dead for a day. */
export async function forgetDead(connection: Connection): Promise<void> {
  await connection.query({
    text: `delete from replica where heartbeat_at < now() - interval '1 day'`,
  })
}
