import { describe, expect, it } from 'vitest'
import { Cancellation } from '#domain/cancellation.ts'
import { GatewayError } from '#domain/errors.ts'
import { callerGone } from '#gateway/call.ts'
import { createWaitingRoom } from '#store/waiting-room.ts'
import { FakeClock } from '../support/fake-gateway.ts'

const refusal = new GatewayError('BUDGET_BUSY', 'held')

function room() {
  const clock = new FakeClock()
  const turnedAway: [name: string, code: unknown][] = []
  let tried = 0
  const waits = createWaitingRoom<{ name: string; cancellation: Cancellation }>(clock, {
    cancellationOf: ({ cancellation }) => cancellation,
    refuse: ({ name }, reason) => turnedAway.push([name, (reason as GatewayError).code]),
    ready: () => tried++,
  })
  const guest = (name: string) => ({ name, cancellation: new Cancellation() })
  return { clock, waits, guest, turnedAway, tried: () => tried }
}

describe('those who wait for what others hold', () => {
  it('leave in the order in which they came, when somebody has freed something', () => {
    const { waits, guest } = room()
    for (const name of ['a', 'b', 'c']) waits.enter(guest(name), refusal)
    expect(waits.leave()).toEqual([])
    waits.freed()
    expect(waits.leave().map(({ name }) => name)).toEqual(['a', 'b', 'c'])
    expect(waits.ready).toBe(false)
  })

  it('are tried now and then, for others may have freed it elsewhere; nobody ticks for an empty room', () => {
    const { clock, waits, guest, tried } = room()
    waits.enter(guest('a'), refusal)
    clock.advance(50)
    expect(tried()).toBe(1)
    expect(waits.leave()).toHaveLength(1)
    clock.advance(50)
    expect(clock.timers).toBe(0)
  })

  it('are turned away five seconds after they first came, however often they were tried', () => {
    const { clock, waits, guest, turnedAway } = room()
    const waiting = guest('a')
    waits.enter(waiting, refusal)
    for (let tries = 0; tries < 10; tries++) {
      clock.advance(499)
      for (const each of waits.leave()) waits.enter(each, refusal)
    }
    expect(turnedAway).toEqual([])
    clock.advance(50)
    for (const each of waits.leave()) waits.enter(each, refusal)
    expect(turnedAway).toEqual([['a', 'BUDGET_BUSY']])
  })

  it('leave for good when their caller has', () => {
    const { waits, guest, turnedAway } = room()
    const leaving = guest('a')
    leaving.cancellation.cancel(callerGone())
    waits.enter(leaving, refusal)
    waits.freed()
    expect(waits.leave()).toEqual([])
    expect(turnedAway).toEqual([['a', 'CANCELLED']])
  })
})
