import { expect, it } from 'vitest'
import type { Load } from '#domain/load-shedding.ts'
import type { RequestOpening } from '#domain/request-record.ts'
import { openCall } from '#gateway/call.ts'
import { shedLoad } from '#gateway/steps/shed-load.ts'
import { callRequest } from '#test/support/fake-gateway.ts'

const idle: Load = { lagMs: 0, memory: 0, queue: 0 }

function shedding(load: Load | undefined) {
  const told: RequestOpening[] = []
  const step = shedLoad({
    load: load && (() => load),
    observer: {
      callStarted: () => {},
      attemptStarted: () => {},
      callEnded: () => {},
      callShed: (call) => told.push(call),
    },
  })
  const passed: string[] = []
  const run = step(async (call) => {
    passed.push(call.priority)
    throw new Error('passed')
  })
  const call = (priority: 'LOW' | 'NORMAL') =>
    openCall({ ...callRequest(), priority }, { now: 0, epochMs: 0, configVersion: 1 })
  const send = async (priority: 'LOW' | 'NORMAL') => run(call(priority))
  return { send, passed, told }
}

it('refuses the lower priority first, says why and when to come back, and tells who counts', async () => {
  const { send, passed, told } = shedding({ ...idle, lagMs: 300 })
  await expect(send('LOW')).rejects.toMatchObject({
    code: 'OVERLOADED',
    message:
      'This gateway is overloaded (its event loop is 300 ms late), so it takes no new calls of priority LOW just now; try again in 2 s.',
    details: { retryAfterMs: 2000 },
  })
  await expect(send('NORMAL')).rejects.toThrow('passed')
  expect(passed).toEqual(['NORMAL'])
  expect(told.map(({ priority }) => priority)).toEqual(['LOW'])
})

it.each([
  ['an idle process', idle],
  ['one whose load nobody measures', undefined],
])('lets calls of every priority pass on %s', async (_name, load) => {
  const { send, told } = shedding(load)
  await expect(send('LOW')).rejects.toThrow('passed')
  expect(told).toEqual([])
})
