import { expect, it } from 'vitest'
import { type Job, startSchedule } from '#jobs/schedule.ts'
import { FakeClock } from '../support/fake-gateway.ts'

function scripted(run: () => Promise<void>): Job {
  return { name: 'job', everyMs: 1000, run }
}

const settled = () => new Promise(setImmediate)

it('runs a job at each interval', async () => {
  const clock = new FakeClock()
  let runs = 0
  const stop = startSchedule([scripted(async () => void runs++)], { clock, failed: () => {} })
  for (let second = 0; second < 3; second++) {
    clock.advance(1000)
    await settled()
  }
  expect(runs).toBe(3)
  await stop()
  clock.advance(5000)
  expect(runs).toBe(3)
})

it('does not begin a job again while it runs, and waits for it at the end', async () => {
  const clock = new FakeClock()
  const { promise, resolve } = Promise.withResolvers<void>()
  let runs = 0
  const job = scripted(() => {
    runs++
    return promise
  })
  const stop = startSchedule([job], { clock, failed: () => {} })
  clock.advance(5000)
  expect(runs).toBe(1)
  let stopped = false
  const stopping = stop().then(() => {
    stopped = true
  })
  await settled()
  expect(stopped).toBe(false)
  resolve()
  await stopping
})

it('reports a job that fails, and runs it again', async () => {
  const clock = new FakeClock()
  const failures: unknown[] = []
  const job = scripted(() => Promise.reject(new Error('no')))
  const stop = startSchedule([job], { clock, failed: (_job, cause) => failures.push(cause) })
  for (let second = 0; second < 2; second++) {
    clock.advance(1000)
    await settled()
  }
  expect(failures).toHaveLength(2)
  await stop()
})
