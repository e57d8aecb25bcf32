import { expect, it, vi } from 'vitest'
import { Cancellation } from '#domain/cancellation.ts'
import { callerGone } from '#gateway/call.ts'
import { pause } from '#gateway/pause.ts'
import { FakeClock } from '#test/support/fake-gateway.ts'

it('lasts as long as it is told, and leaves nothing behind', async () => {
  const clock = new FakeClock()
  const cancellation = new Cancellation()
  const forget = vi.fn()
  vi.spyOn(cancellation, 'onCancel').mockReturnValue(forget)
  const over = vi.fn()
  const pausing = pause(100, { clock, cancellation }).then(over)
  clock.advance(99)
  await Promise.resolve()
  expect(over).not.toHaveBeenCalled()
  clock.advance(1)
  await pausing
  expect(clock.timers).toBe(0)
  expect(forget).toHaveBeenCalledOnce()
})

it.each([0, -5])('of %i ms is none', async (ms) => {
  const clock = new FakeClock()
  await pause(ms, { clock, cancellation: new Cancellation() })
  expect(clock.timers).toBe(0)
})

it('ends with the reason of the cancellation, at once', async () => {
  const clock = new FakeClock()
  const cancellation = new Cancellation()
  const pausing = pause(100, { clock, cancellation })
  cancellation.cancel(callerGone())
  await expect(pausing).rejects.toMatchObject({ code: 'CANCELLED' })
  expect(clock.timers).toBe(0)
  await expect(pause(100, { clock, cancellation })).rejects.toMatchObject({ code: 'CANCELLED' })
})
