import { type BusTopic, busChannel, busMessage } from '#domain/bus-topic.ts'
import type { Connection } from './connection.ts'

/** Tells all replicas something that is written down nowhere; this one hears it as well. */
export async function tellReplicas(
  connection: Pick<Connection, 'query'>,
  topic: BusTopic,
  payload: string,
): Promise<void> {
  const values = [busChannel, busMessage(topic, payload)]
  await connection.query({ text: 'select pg_notify($1, $2)::text', values })
}
