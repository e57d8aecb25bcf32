import type { Connection } from './connection.ts'

/** Takes away answers by idempotency key whose day is over. */
export async function dropOldReplies(connection: Connection): Promise<void> {
  await connection.query({ text: 'delete from reply where expires_at <= now()' })
}
