/**
 * What records, budgets and rate limits cost the gateway's process together, per call: the gateway without its doors,
 * around a provider that answers at once, with and without them, in one run. Postgres' own CPU is not in it.
 * Usage: `node --max-semi-space-size=64 --no-allocation-site-pretenuring test/bench/concerns.ts`;
 * BENCH_ROUNDS (4) and BENCH_CALLS (20000).
 */
import { randomUUIDv7 } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGateway, type Gateway } from '#gateway/complete.ts'
import { routesTo } from '#test/support/a-route.ts'
import { createSlotQueue } from '#gateway/slots.ts'
import { systemClock as clock } from '#jobs/system-clock.ts'
import { memoryCounters } from '#limits/memory-counters.ts'
import { createRateLimits } from '#limits/rate-limits.ts'
import { createCallRecords } from '#store/call-records.ts'
import { startEmbeddedPostgres } from '#store/embedded-postgres/embedded-postgres.ts'
import { migrate } from '#store/migrate.ts'
import { defaultTenantId } from '#domain/access.ts'
import type { RateLimitRule } from '#domain/rate-limit.ts'
import type { CallRecords } from '#gateway/ports.ts'
import { createAllowance } from '../support/allowances.ts'
import {
  answerOf,
  callRequest,
  endChunk,
  noAllowances,
  noRateLimits,
  scriptedAdapter,
  testPrice,
} from '../support/fake-gateway.ts'
import { MemoryReplies } from '../support/memory-replies.ts'

const rounds = Number(process.env['BENCH_ROUNDS'] ?? 4)
const count = Number(process.env['BENCH_CALLS'] ?? 20_000)
const atOnce = 64
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
const scopes = [
  ['TENANT', defaultTenantId],
  ['PROVIDER', 'openai'],
  ['MODEL', 'gpt-test'],
  ['END_USER', 'ada'],
] as const
for (const [kind, value] of scopes) {
  await createAllowance(postgres.url, { scope: { kind, value }, limit: 10n ** 17n })
}

const rule: RateLimitRule = {
  name: 'requests',
  unit: 'REQUESTS',
  limit: 1_000_000_000,
  windowS: 60,
  each: 'TENANT',
  only: {},
  onLimit: 'REFUSE',
  maxWaitMs: 0,
  assumedOutputTokens: 1000,
}
const limits = createRateLimits({ countersFor: memoryCounters(() => clock.now()), clock })
limits.activate([rule, { ...rule, name: 'tokens', unit: 'TOKENS', each: 'PROVIDER' }])

const nothing: CallRecords = {
  begin: async (_request, attempt) => attempt,
  end: async () => {},
}
const adapter = scriptedAdapter(async ({ onSent }) => {
  onSent()
  return answerOf(
    (async function* () {
      yield endChunk()
    })(),
  )
})

function gatewayWith(
  concerns: Pick<Parameters<typeof createGateway>[0], 'records' | 'allowances' | 'limits'>,
): Gateway {
  const target = { adapter, model: 'gpt-test', price: testPrice, maxOutputTokens: 1000 }
  return createGateway({
    ...concerns,
    replies: new MemoryReplies(),
    clock,
    slots: createSlotQueue(0, { clock }),
    routes: routesTo([{ ...target, simulated: false }]),
    observer: { callStarted: () => {}, attemptStarted: () => {}, callEnded: () => {} },
  })
}

const variants = {
  none: gatewayWith({ records: nothing, allowances: noAllowances, limits: noRateLimits }),
  records: gatewayWith({ records, allowances: noAllowances, limits: noRateLimits }),
  'records and four budgets': gatewayWith({
    records,
    allowances: records.allowances,
    limits: noRateLimits,
  }),
  'records, four budgets, two rate limits': gatewayWith({
    records,
    allowances: records.allowances,
    limits,
  }),
}

async function run(gateway: Gateway): Promise<number> {
  let started = 0
  const lane = async () => {
    while (started++ < count) {
      const request = { ...callRequest(), id: randomUUIDv7(), endUser: 'ada' }
      const answer = await gateway.run(gateway.open(request))
      for await (const _chunk of answer.chunks);
    }
  }
  const before = process.cpuUsage()
  await Promise.all(Array.from({ length: atOnce }, lane))
  const { user, system } = process.cpuUsage(before)
  return (user + system) / count
}

const figures = new Map(Object.keys(variants).map((name) => [name, [] as number[]]))
try {
  await records.allowances.reload()
  for (const gateway of Object.values(variants)) await run(gateway)
  for (let round = 1; round <= rounds; round++) {
    for (const [name, gateway] of Object.entries(variants)) {
      const cpu = await run(gateway)
      figures.get(name)?.push(cpu)
      console.log(`round ${round}  ${name.padEnd(40)} ${cpu.toFixed(1).padStart(6)} us`)
    }
  }
  const median = (values: readonly number[]) =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
  const base = median(figures.get('none') ?? [])
  console.log(`\nmedian of ${rounds} rounds of ${count} calls, ${atOnce} at once, over none`)
  for (const [name, values] of figures) {
    console.log(`${name.padEnd(40)} ${(median(values) - base).toFixed(1).padStart(6)} us`)
  }
} finally {
  await records.close()
  await postgres.stop()
  rmSync(folder, { recursive: true, force: true })
}
