/**
 * Reserve-and-settle pairs a second through one replica's records on the embedded Postgres, fsync on, and what they cost
 * this process, beside the same calls without any allowance in the same run.
 * Usage: `node --max-semi-space-size=64 --no-allocation-site-pretenuring test/bench/reservations.ts`;
 * BENCH_ROUNDS (3) and BENCH_PAIRS (20000) change its length.
 */
import { randomUUIDv7 } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Allowance } from '#domain/allowance.ts'
import { Cancellation } from '#domain/cancellation.ts'
import { systemClock as clock } from '#jobs/system-clock.ts'
import { createCallRecords } from '#store/call-records.ts'
import { startEmbeddedPostgres } from '#store/embedded-postgres/embedded-postgres.ts'
import { migrate } from '#store/migrate.ts'
import { createAllowance } from '../support/allowances.ts'
import { attemptOf, openingOf, recordOf } from '../support/request-record.ts'

const rounds = Number(process.env['BENCH_ROUNDS'] ?? 3)
const pairs = Number(process.env['BENCH_PAIRS'] ?? 20_000)
const folder = mkdtempSync(join(tmpdir(), 'orchestrator-bench-'))
chmodSync(folder, 0o711)
const quiet = { info: () => {}, warn: () => {}, error: () => {} }

const postgres = await startEmbeddedPostgres(folder, { log: quiet })
await migrate(postgres.url)
const records = await createCallRecords({
  databaseUrl: postgres.url,
  replicaId: randomUUIDv7(),
  spoolFolder: join(folder, 'spool'),
  clock,
  log: quiet,
  soleReplica: true,
})
const levels = ['TENANT', 'PROVIDER', 'MODEL', 'END_USER'] as const
const hot: readonly Allowance[] = await Promise.all(
  levels.map((kind) =>
    createAllowance(postgres.url, {
      name: kind,
      scope: { kind, value: 'hot' },
      limit: 10n ** 17n,
    }),
  ),
)
const price = {
  version: 'bench',
  effectiveFrom: '2026-01-01T00:00:00Z',
  input: 4_000_000_000n,
  output: 16_000_000_000n,
}
const demand = { inputTokens: 300, outputTokens: 64, leastOutputTokens: 16, price }

async function pair(allowances: readonly Allowance[]): Promise<number> {
  const call = recordOf({ id: randomUUIDv7(), createdAt: clock.epochMs() })
  const began = performance.now()
  const cancellation = new Cancellation()
  const reservation = allowances.length > 0 ? { allowances, demand, cancellation } : undefined
  const attempt = await records.begin(openingOf(call), attemptOf(), reservation)
  await records.end({ ...call, attempts: [{ ...attemptOf(), ...attempt }] })
  return performance.now() - began
}

async function run(allowances: readonly Allowance[], { atOnce }: { atOnce: number }) {
  const count = atOnce === 1 ? Math.min(pairs, 1000) : pairs
  const took: number[] = []
  let started = 0
  const lane = async () => {
    while (started++ < count) took.push(await pair(allowances))
  }
  const cpuBefore = process.cpuUsage()
  const began = performance.now()
  await Promise.all(Array.from({ length: atOnce }, lane))
  const seconds = (performance.now() - began) / 1000
  const { user, system } = process.cpuUsage(cpuBefore)
  took.sort((a, b) => a - b)
  const at = (share: number) => took[Math.floor(took.length * share)]?.toFixed(1)
  return `${Math.round(count / seconds)} pairs/s, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, ${Math.round((user + system) / count)} us of CPU a pair`
}

try {
  await run(hot, { atOnce: 256 })
  for (let round = 1; round <= rounds; round++) {
    for (const atOnce of [256, 64, 1]) {
      console.log(`round ${round}, ${atOnce} at once`)
      console.log(`  records alone       ${await run([], { atOnce })}`)
      console.log(`  four hot allowances ${await run(hot, { atOnce })}`)
    }
  }
} finally {
  await records.close()
  await postgres.stop()
  rmSync(folder, { recursive: true, force: true })
}
