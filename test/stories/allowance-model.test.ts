import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { correctLostCalls } from '#store/lost-call-correction.ts'
import { openConnection } from '#store/connection.ts'
import { finishLostCalls } from '#store/lost-calls.ts'
import { createRecordWriter } from '#store/record-writer.ts'
import { breachesOf } from '#test/support/allowances.ts'
import { createDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { openRecords, testEpochMs } from '#test/support/store.ts'
import { type AllowanceEvent, allowanceEvents, givenAllowances } from './allowance-events.ts'
import { AllowanceModel } from './allowance-model.ts'
import { type AllowanceBench, AllowanceSystem } from './allowance-system.ts'

const runs = 1000

let database: TestDatabase
beforeAll(async () => {
  database = await createDatabase()
})
afterAll(() => database.drop())

async function openBench(): Promise<AllowanceBench> {
  const { url } = database
  const sweeperId = randomUUID()
  const sweeper = openConnection(url)
  const write = createRecordWriter(sweeper, {
    corrected: (rows) => correctLostCalls(sweeper, rows),
  })
  const sql = openConnection(url)
  onTestFinished(async () => {
    await Promise.all([sql.close(), sweeper.close()])
  })
  return {
    sql,
    replicas: [await openRecords(url), await openRecords(url)],
    sweep: () => finishLostCalls(sweeper, { replicaId: sweeperId, now: testEpochMs, write }),
  }
}

async function apply(
  event: AllowanceEvent,
  { model, system }: { model: AllowanceModel; system: AllowanceSystem },
): Promise<void> {
  switch (event.kind) {
    case 'AT_ONCE': {
      const { replica, begins } = event
      const ends = model.endsOf(replica, event.ends)
      model.atOnce(replica, { begins, ends })
      return system.atOnce(replica, { begins, ends })
    }
    case 'PASS':
      model.pass(event.replica, event.ms)
      return system.pass(event.replica, event.ms)
    case 'LEAVE': {
      const call = model.waiting[event.nth % Math.max(1, model.waiting.length)]
      if (call === undefined) return
      model.calls[call]!.leaving = true
      return system.leave(call)
    }
    case 'CRASH':
      return system.crash(event.replica, model.crash(event.replica))
    case 'RESET':
    case 'LIMIT':
    case 'PAUSE':
    case 'DELETE':
      model.change(event)
      return system.change(event)
  }
}

/** What became of each call, and how much it may produce. */
const fatesIn = (model: AllowanceModel) =>
  model.calls.map(({ state, outputTokens }) =>
    outputTokens < 0 ? state : `GRANTED ${outputTokens}`,
  )

const fatesOf = (system: AllowanceSystem) =>
  system.calls.map(({ state, attempt }) =>
    attempt ? `${state} ${attempt.hold.outputTokens}` : state,
  )

const windowsIn = (model: AllowanceModel) =>
  model.allowances.map(({ windows }) =>
    windows.map(({ spent, held, overage }) => ({
      spent: String(spent),
      held: String(held),
      overage: String(overage),
      charged: String(spent),
      open: String(held),
      within: true,
    })),
  )

const costsIn = (model: AllowanceModel) =>
  model.calls.map(({ outputTokens, cost }) => (outputTokens < 0 ? undefined : cost))

it('keeps allowances as a plain count of them would, whatever happens in whatever order', async () => {
  const bench = await openBench()
  await fc.assert(
    fc.asyncProperty(givenAllowances, allowanceEvents, async (given, events) => {
      const model = new AllowanceModel(given)
      const system = await AllowanceSystem.open(bench, given)
      try {
        for (const event of events) {
          await apply(event, { model, system })
          expect(fatesOf(system)).toEqual(fatesIn(model))
        }
        expect(await system.windows()).toEqual(windowsIn(model))
        expect(await system.costs()).toEqual(costsIn(model))
      } finally {
        await system.close()
      }
    }),
    { numRuns: runs },
  )
  expect(await breachesOf(database.url)).toEqual([])
}, 180_000)
