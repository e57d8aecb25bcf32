import { expect, it } from 'vitest'
import { Cancellation } from '#domain/cancellation.ts'
import { GatewayError } from '#domain/errors.ts'
import { WaitingLine } from '#limits/waiting-line.ts'
import { FakeClock } from '#test/support/fake-gateway.ts'

const setUp = () => {
  const clock = new FakeClock()
  return { clock, line: new WaitingLine(clock), nobody: new Cancellation() }
}

it('lets only the first one try, and calls the next when it leaves', async () => {
  const { line, nobody } = setUp()
  const [one, two] = [line.join(), line.join()]
  expect([one.isFirst, two.isFirst, line.length]).toEqual([true, false, 2])
  const sleeping = two.pause(1e6, nobody)
  one.leave()
  await sleeping
  expect([two.isFirst, line.length]).toEqual([true, 1])
})

it('remembers a call that came while nobody slept', async () => {
  const { clock, line, nobody } = setUp()
  const place = line.join()
  line.wake()
  await place.pause(1e6, nobody)
  expect(clock.timers).toBe(0)
  const second = place.pause(1000, nobody)
  expect(clock.timers).toBe(1)
  clock.advance(1000)
  await second
})

it('ends a sleep with the reason of a cancellation, and leaves no timer', async () => {
  const { clock, line } = setUp()
  const cancellation = new Cancellation()
  const sleeping = line.join().pause(1e6, cancellation)
  const reason = new GatewayError('CANCELLED', 'gone')
  cancellation.cancel(reason)
  await expect(sleeping).rejects.toBe(reason)
  expect(clock.timers).toBe(0)
})
