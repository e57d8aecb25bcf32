import { type BusTopic, busChannel, busMessage } from '#domain/bus-topic.ts'
import type { Connection } from './connection.ts'

/** Tells all replicas, this one included. */
export async function notify(
  connection: Pick<Connection, 'query'>,
  { topic, payloads }: { topic: BusTopic; payloads: readonly string[] },
): Promise<void> {
  await connection.query({
    text: 'select pg_notify($1, message)::text from unnest($2::text[]) as message',
    values: [busChannel, payloads.map((payload) => busMessage(topic, payload))],
  })
}
