import { openConnection } from './connection.ts'
import { dropShortWindows } from './current-windows.ts'
import { forgetDead } from './replica-lease.ts'
import { dropOldReplies } from './reply-retention.ts'
import { ensureRequestPartitions } from './request-partitions.ts'
import { dropOldMinutes, foldRareValues } from './usage-retention.ts'

/**
 * What the tables need now and then: partitions for the months to come, and an end to what is no longer needed. Every
 * replica may run it, at any time; it takes a connection of its own while it works.
 *
 * @param epochMs The present.
 */
export async function keepStore(
  databaseUrl: string,
  { epochMs }: { epochMs: number },
): Promise<void> {
  const connection = openConnection(databaseUrl, { timeoutMs: 60_000, name: 'orchestrator upkeep' })
  try {
    await ensureRequestPartitions(connection, { fromEpochMs: epochMs })
    await forgetDead(connection)
    await dropOldReplies(connection)
    await dropOldMinutes(connection)
    await foldRareValues(connection)
    await dropShortWindows(connection)
  } finally {
    await connection.close()
  }
}
