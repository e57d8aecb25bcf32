import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openConnection } from '#store/connection.ts'
import { ensureRequestPartitions, monthPartitions } from '#store/request-partitions.ts'
import { createDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { callAt, openRecords, sql } from '#test/support/store.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createDatabase()
})
afterAll(() => database.drop())

const at = (text: string) => Temporal.Instant.from(text).epochMilliseconds

const tableOf = async (id: string) =>
  (
    await sql<{ table: string }>(
      database.url,
      'select tableoid::regclass::text as table from request where id = $1',
      [id],
    )
  )[0]?.table

describe('monthPartitions', () => {
  it('begins with the month of the instant and meets without a gap, over the end of a year', () => {
    const months = monthPartitions(at('2026-11-30T23:59:59.999Z'), 3)
    expect(months.map(({ suffix }) => suffix)).toEqual(['2026_11', '2026_12', '2027_01'])
    expect(months[0]!.toId).toBe(months[1]!.fromId)
    expect(months[1]!.toId).toBe(months[2]!.fromId)
  })
})

describe('ensureRequestPartitions', () => {
  it('puts the last millisecond of a month and the first of the next apart', async () => {
    const { records, clock } = await openRecords(database.url)
    const month = monthPartitions(clock.epochMs(), 2)
    const boundary = Number.parseInt(month[1]!.fromId.replace('-', '').slice(0, 12), 16)
    const [last, first] = [callAt(boundary - 1), callAt(boundary)]
    await records.end(last)
    await records.end(first)
    expect([await tableOf(last.id), await tableOf(first.id)]).toEqual([
      `request_${month[0]!.suffix}`,
      `request_${month[1]!.suffix}`,
    ])
  })

  it('refuses nothing where no partition is, and moves it when its partition is made, however often and by whomever', async () => {
    const { records } = await openRecords(database.url)
    const call = callAt(at('2031-05-05T00:00:00Z'))
    await records.end(call)
    expect(await tableOf(call.id)).toBe('request_default')
    const ensure = async () => {
      const connection = openConnection(database.url)
      await ensureRequestPartitions(connection, {
        fromEpochMs: at('2031-05-20T00:00:00Z'),
        months: 1,
      })
      await connection.close()
    }
    await Promise.all([ensure(), ensure(), ensure()])
    await ensure()
    expect(await tableOf(call.id)).toBe('request_2031_05')
    expect(
      await sql(
        database.url,
        'select tableoid::regclass::text as table from attempt where request_id = $1',
        [call.id],
      ),
    ).toEqual([{ table: 'attempt_2031_05' }])
    await records.end(call)
    expect(await sql(database.url, 'select count(*)::int from ledger_2031_05')).toEqual([
      { count: 1 },
    ])
  })
})
