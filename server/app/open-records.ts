import { randomUUIDv7 } from 'node:crypto'
import { join } from 'node:path'
import type { CurrentConfig } from '#config/current.ts'
import type { PostgresBus } from '#events/postgres-bus.ts'
import type { PrismaClient } from '#generated/prisma/client.ts'
import { reportDrift } from '#jobs/report-drift.ts'
import { startSchedule } from '#jobs/schedule.ts'
import { systemClock as clock } from '#jobs/system-clock.ts'
import { readTenancy } from '#store/bootstrap-key.ts'
import { createCallRecords, type DurableCallRecords } from '#store/call-records.ts'
import { createPrisma } from '#store/prisma.ts'
import type { AllowanceWatcher } from '#store/record-writer.ts'
import { createReads, type Reads } from '#store/reads.ts'
import { createReplies, type DurableReplies } from '#store/replies.ts'
import type { Log } from '#telemetry/logger.ts'
import type { Env } from '#server/env.ts'

export interface Records {
  readonly records: DurableCallRecords
  readonly replies: DurableReplies
  readonly reads: Reads
  readonly prisma: PrismaClient
  readonly tenantsWithRealTraffic: readonly string[]
  close(): Promise<void>
}

export interface Database {
  readonly url: string
  /** Of our own, with this process as its only writer. */
  readonly embedded: boolean
}

const dayMs = 24 * 60 * 60 * 1000

/** Opens what is written of calls and what is read from it. */
export async function openRecords(
  env: Env,
  {
    database,
    bus,
    config,
    log,
    allowancesChanged,
  }: {
    database: Database
    bus: PostgresBus
    config: CurrentConfig
    log: Log
    allowancesChanged: AllowanceWatcher['changed']
  },
): Promise<Records> {
  const { url: databaseUrl, embedded: soleReplica } = database
  const withBootstrapKey = env.ROUTER_AUTH_TOKEN !== undefined
  const { withRealTraffic } = await readTenancy(databaseUrl, { withBootstrapKey })
  const replicaId = randomUUIDv7()
  const records = await createCallRecords({
    databaseUrl,
    replicaId,
    spoolFolder: join(env.ORCHESTRATOR_DATA_DIR, 'spool'),
    clock,
    log,
    soleReplica,
    allowancesChanged,
    policy: () => config.active,
  })
  const { allowances } = records
  const reload = () =>
    void allowances
      .reload()
      .catch((err: unknown) => log.warn({ err }, 'budgets and quotas cannot be read again now'))
  bus.on('allowance', { heard: reload, resumed: reload })
  const replies = createReplies({ databaseUrl, replicaId, clock, log })
  const reads = createReads({ databaseUrl })
  const prisma = createPrisma(databaseUrl)
  const run = () => reportDrift(reads, { log, epochMs: clock.epochMs() })
  const stopJobs = startSchedule([{ name: 'compare roll-ups with rows', everyMs: dayMs, run }], {
    clock,
    failed: ({ name }, cause) =>
      log.warn({ err: cause, job: name }, 'a job failed; it will run again'),
  })
  return {
    records,
    replies,
    reads,
    prisma,
    tenantsWithRealTraffic: withRealTraffic,
    async close() {
      await stopJobs()
      await replies.close()
      await records.close()
      await Promise.all([reads.close(), prisma.$disconnect()])
    },
  }
}
