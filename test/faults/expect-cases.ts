import { afterAll, beforeAll, expect, it } from 'vitest'
import { breachesOf, totalsOf } from '#test/support/allowances.ts'
import { sql } from '#test/support/store.ts'
import type { FaultCase } from './fault-case.ts'
import { type FaultRun, runCases } from './fault-cases-run.ts'

/** Makes a test of every case, and of how the books stand after all of them. */
export function expectCases(cases: readonly FaultCase[]): void {
  let run: FaultRun
  beforeAll(async () => {
    run = await runCases(cases)
  }, 90_000)
  afterAll(() => run?.close())

  it.each(cases)('$name', ({ name, expected, targets }) => {
    const asked = targets.map((target) => target.asked)
    expect(run.outcomes.get(name)).toEqual({ ...expected, asked, faults: [] })
  })

  it('names no two cases alike', () => {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length)
  })

  it('leaves nothing held, nothing in progress, and every invariant whole', async () => {
    const { budget, databaseUrl } = run.house
    expect(await breachesOf(databaseUrl)).toEqual([])
    const [calls] = await sql<{ cost: string }>(
      databaseUrl,
      'select sum(cost_total)::text as cost from request',
    )
    expect(await totalsOf(databaseUrl, budget)).toEqual({
      spent: BigInt(calls?.cost ?? 0),
      held: 0n,
      overage: 0n,
    })
    expect(await sql(databaseUrl, "select id from request where status = 'IN_PROGRESS'")).toEqual(
      [],
    )
  })
}
