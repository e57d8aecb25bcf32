import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Allowance } from '#domain/allowance.ts'
import { Cancellation } from '#domain/cancellation.ts'
import { asGatewayError, type GatewayError } from '#domain/errors.ts'
import type { AttemptOpening, RequestRecord } from '#domain/request-record.ts'
import type { Clock } from '#gateway/ports.ts'
import { systemClock } from '#jobs/system-clock.ts'
import type { DurableCallRecords } from '#store/call-records.ts'
import { breachesOf, createAllowance } from '#test/support/allowances.ts'
import { createDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { attemptOf, openingOf } from '#test/support/request-record.ts'
import { callAt, openRecords, sql, testEpochMs } from '#test/support/store.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createDatabase()
})
afterAll(() => database.drop())

interface Begun {
  readonly call: RequestRecord
  readonly attempt: AttemptOpening
}

const demand = { inputTokens: 10, outputTokens: 0, leastOutputTokens: 0, price: undefined }

async function begin(
  records: DurableCallRecords,
  ...allowances: readonly Allowance[]
): Promise<Begun> {
  const call = callAt(testEpochMs)
  const { usage: _usage, cost: _cost, status: _status, ...opening } = attemptOf()
  const reservation = { allowances, demand, cancellation: new Cancellation() }
  return { call, attempt: await records.begin(openingOf(call), opening, reservation) }
}

const end = (records: DurableCallRecords, { call, attempt }: Begun) =>
  records.end({ ...call, attempts: [{ ...attemptOf(), ...attempt }] })

const windowOf = ({ attempt }: Begun) => attempt.windows?.[0]?.id

/** A quota of requests: each call holds one, and uses one. */
const requestQuota = (over: Partial<Allowance>) =>
  createAllowance(database.url, { kind: 'QUOTA', unit: 'REQUESTS', limit: 1000n, ...over })

/** The windows of an allowance in the order of time; instants are epoch ms. */
const windowsOf = ({ id }: Allowance) =>
  sql<{ id: string; startsAt: number; endsAt: number | null; spent: number; held: number }>(
    database.url,
    `select id::text, extract(epoch from starts_at)::float8 * 1000 as "startsAt",
       extract(epoch from ends_at)::float8 * 1000 as "endsAt", spent::int, held::int
     from allowance_window where allowance_id = $1 order by starts_at`,
    [id],
  )

/** Moves the current window back, so that it ended a minute ago. */
const endWindow = ({ id }: Allowance) =>
  sql(
    database.url,
    `update allowance_window set starts_at = starts_at - (ends_at - now()) - interval '1 min',
       ends_at = now() - interval '1 min' where allowance_id = $1 and ends_at > now()`,
    [id],
  )

const databaseNow = async () =>
  (
    await sql<{ now: number }>(
      database.url,
      'select extract(epoch from now())::float8 * 1000 as now',
    )
  )[0]!.now

const refusalOf = (call: Promise<unknown>): Promise<GatewayError> =>
  call.then(() => expect.unreachable('nobody refused'), asGatewayError)

/** A zone in which the clock now shows about that hour, so that no day ends while the test runs. */
function zoneWhereItIs(hour: number): string {
  const ahead = ((hour - new Date().getUTCHours() + 36) % 24) - 12
  return `Etc/GMT${ahead > 0 ? '-' : '+'}${Math.abs(ahead)}`
}

describe('a window', () => {
  it('is one for all replicas, however many ask for it first at once', async () => {
    const quotas = await Promise.all([1, 2, 3].map(() => requestQuota({ period: 'MONTH' })))
    const replicas = await Promise.all([1, 2, 3].map(() => openRecords(database.url)))
    const orders = [quotas, quotas.toReversed(), [quotas[1]!, quotas[2]!, quotas[0]!]]
    await Promise.all(replicas.map(({ records }, index) => begin(records, ...orders[index]!)))
    for (const quota of quotas) expect(await windowsOf(quota)).toMatchObject([{ held: 3 }])
  })

  it('never ends where the allowance is for good', async () => {
    const quota = await requestQuota({ period: 'TOTAL' })
    const { records } = await openRecords(database.url)
    await begin(records, quota)
    expect(await windowsOf(quota)).toMatchObject([{ startsAt: 0, endsAt: null, held: 1 }])
  })

  it('keeps what it held when it ends, and a call that ends late is charged to it', async () => {
    const quota = await requestQuota({ period: 'MONTH', limit: 1n })
    const { records } = await openRecords(database.url)
    const late = await begin(records, quota)
    await endWindow(quota)
    const next = await begin(records, quota)
    expect(windowOf(next)).not.toBe(windowOf(late))
    await end(records, late)
    expect(await windowsOf(quota)).toMatchObject([
      { id: windowOf(late), spent: 1, held: 0 },
      { id: windowOf(next), spent: 0, held: 1 },
    ])
  })

  it('takes nothing after its end, and no more than its limit, while calls go on without a pause', async () => {
    const limit = 30
    const quota = await requestQuota({ period: 'SECOND', limit: BigInt(limit) })
    const { records: one } = await openRecords(database.url, { clock: systemClock })
    const { records: other } = await openRecords(database.url, { clock: systemClock })
    const granted: (Begun & { from: number; until: number })[] = []
    const used = new Set<string>()
    const lane = async (records: DurableCallRecords) => {
      let late: Begun | undefined
      while (used.size < 4) {
        const from = Date.now()
        const begun = await begin(records, quota)
        granted.push({ ...begun, from, until: Date.now() })
        used.add(windowOf(begun)!)
        // Settled when the next one has begun: the last of a window when that is over.
        if (late) await end(records, late)
        late = begun
      }
      if (late) await end(records, late)
    }
    await Promise.all(
      [one, other].flatMap((records) => Array.from({ length: 8 }, () => lane(records))),
    )

    const windows = await windowsOf(quota)
    const within = ({ from, until, ...begun }: (typeof granted)[number]) => {
      const { startsAt, endsAt } = windows.find(({ id }) => id === windowOf(begun))!
      return startsAt <= until && endsAt! > from
    }
    expect(granted.filter((each) => !within(each))).toEqual([])
    expect(windows.filter(({ spent }) => spent > limit)).toEqual([])
    // The whole ones in between were used up.
    expect(windows.slice(1, 3)).toMatchObject([
      { spent: limit, held: 0 },
      { spent: limit, held: 0 },
    ])
    expect(windows.reduce((sum, { spent }) => sum + spent, 0)).toBe(granted.length)
  })
})

describe("a replica's clock", () => {
  const hour = 3_600_000
  const wrongBy = (ms: number): Clock => ({
    ...systemClock,
    epochMs: () => systemClock.epochMs() + ms,
  })

  it.each([-2 * hour, 2 * hour])('changes no window when it is wrong by %i ms', async (ms) => {
    const quota = await requestQuota({ period: 'HOUR', limit: 2n })
    const { records: wrong } = await openRecords(database.url, { clock: wrongBy(ms) })
    const { records: right } = await openRecords(database.url, { clock: systemClock })
    const from = await databaseNow()
    await end(wrong, await begin(wrong, quota))
    await end(right, await begin(right, quota))
    const { details } = await refusalOf(begin(wrong, quota))
    const until = await databaseNow()
    const windows = await windowsOf(quota)
    expect(windows.reduce((sum, { spent }) => sum + spent, 0)).toBe(2)
    for (const { startsAt, endsAt } of windows) {
      expect(startsAt).toBeLessThanOrEqual(until)
      expect(endsAt).toBeGreaterThan(from)
      expect(endsAt! - startsAt).toBe(hour)
    }
    const { resetsAt } = details.allowance!
    expect(resetsAt).toBe(windows.at(-1)!.endsAt)
    expect(details.retryAfterMs).toBeGreaterThanOrEqual(resetsAt! - until)
    expect(details.retryAfterMs).toBeLessThanOrEqual(resetsAt! - from + 1)
  })

  it.each([-2 * hour, 2 * hour])('ends no lease when it is wrong by %i ms', async (ms) => {
    const quota = await requestQuota({ period: 'MONTH' })
    const { records: wrong, replicaId } = await openRecords(database.url, { clock: wrongBy(ms) })
    await begin(wrong, quota)
    const beats = await sql(
      database.url,
      `select abs(extract(epoch from now() - heartbeat_at)) < 60 as "onTime" from replica where id = $1`,
      [replicaId],
    )
    expect(beats).toEqual([{ onTime: true }])
    const { records: right } = await openRecords(database.url, { clock: systemClock })
    await begin(right, quota)
    await openRecords(database.url, { clock: wrongBy(ms) })
    expect(await windowsOf(quota)).toMatchObject([{ held: 2, spent: 0 }])
  })
})

describe('a change of zone', () => {
  const move = async (quota: Allowance, timeZone: string): Promise<Allowance> => {
    await sql(database.url, 'update allowance set time_zone = $2 where id = $1', [
      quota.id,
      timeZone,
    ])
    return { ...quota, timeZone }
  }

  it.each([
    ['ahead', 18],
    ['behind', 6],
  ])('to one that is %s resets nothing in mid-window', async (_way, hour) => {
    const quota = await requestQuota({ period: 'DAY', timeZone: zoneWhereItIs(12), limit: 2n })
    const { records } = await openRecords(database.url)
    const before = await begin(records, quota)
    const moved = await move(quota, zoneWhereItIs(hour))
    const { records: fresh } = await openRecords(database.url)
    const after = await begin(fresh, moved)
    expect(windowOf(after)).toBe(windowOf(before))
    await end(records, before)
    await end(fresh, after)
    expect(await refusalOf(begin(records, moved))).toMatchObject({ code: 'QUOTA_EXCEEDED' })
    expect(await windowsOf(quota)).toMatchObject([{ spent: 2, held: 0 }])
  })

  it.each([
    ['ahead', 18],
    ['behind', 6],
  ])('to one that is %s counts no time twice, whoever has heard of it', async (_way, hour) => {
    const quota = await requestQuota({ period: 'DAY', timeZone: zoneWhereItIs(12) })
    const { records: deaf } = await openRecords(database.url)
    const { records: other } = await openRecords(database.url)
    await begin(deaf, quota)
    await begin(other, quota)
    const moved = await move(quota, zoneWhereItIs(hour))
    await endWindow(quota)
    const heard = await begin(other, moved)
    expect(windowOf(await begin(deaf, quota))).toBe(windowOf(heard))
    const [last, next] = await windowsOf(quota)
    expect(next!.startsAt).toBe(last!.endsAt)
    const midnight = Temporal.Now.zonedDateTimeISO(moved.timeZone).startOfDay().add({ days: 1 })
    expect(next!.endsAt).toBe(midnight.epochMilliseconds)
  })

  it('makes one window, also when a replica that has not heard of it asks first', async () => {
    const quota = await requestQuota({ period: 'DAY', timeZone: zoneWhereItIs(12) })
    const moved = await move(quota, zoneWhereItIs(6))
    const { records: deaf } = await openRecords(database.url)
    const { records: other } = await openRecords(database.url)
    const windows = [windowOf(await begin(deaf, quota)), windowOf(await begin(other, moved))]
    expect(new Set(windows).size).toBe(1)
    const midnight = Temporal.Now.zonedDateTimeISO(moved.timeZone).startOfDay()
    expect(await windowsOf(quota)).toMatchObject([{ startsAt: midnight.epochMilliseconds }])
  })
})

it('breaks no invariant', async () => {
  expect(await breachesOf(database.url)).toEqual([])
})
