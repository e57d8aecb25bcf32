import { describe, expect, it } from 'vitest'
import type { Viewer } from '#domain/access.ts'
import { budgetMessages } from '#domain/budget-notice.ts'
import type { HealthTransition } from '#domain/health-transition.ts'
import { createGatewayEvents } from '#events/gateway-events.ts'
import type { BusListener } from '#events/postgres-bus.ts'
import { adminViewer, FakeClock } from '#test/support/fake-gateway.ts'

const { tenantId } = adminViewer
const stranger: Viewer = { ...adminViewer, tenantId: '00000000-0000-7000-8000-00000000000b' }

function open() {
  const clock = new FakeClock()
  const listeners = new Map<string, BusListener>()
  const watchers = new Set<(transition: HealthTransition) => void>()
  const events = createGatewayEvents({
    clock,
    bus: {
      on(topic, listener) {
        listeners.set(topic, listener)
        return () => listeners.delete(topic)
      },
    },
    health: {
      onChange(listener) {
        watchers.add(listener)
        return () => watchers.delete(listener)
      },
    },
  })
  const budget = (allowanceId: string, crossed: number | null = null, of = tenantId) =>
    listeners
      .get('budget')
      ?.heard(budgetMessages([{ tenantId: of, allowanceId, crossed }])[0] ?? '')
  const alert = (id: string, of = tenantId) => listeners.get('alert')?.heard(`${of}/${id}`)
  return { alert, budget, clock, events, listeners, watchers }
}

describe('an event', () => {
  it('of an alert comes at once, to viewers of its tenant only', async () => {
    const { alert, events } = open()
    const mine = events.subscribe(adminViewer)
    const other = events.subscribe(stranger)
    alert('a1')
    alert('b1', stranger.tenantId)
    expect((await mine.next()).value?.items).toMatchObject([{ kind: 'ALERT', alertId: 'a1' }])
    expect((await other.next()).value?.items).toMatchObject([{ kind: 'ALERT', alertId: 'b1' }])
  })

  it('of a budget comes once a second, with the highest threshold that was crossed', async () => {
    const { budget, clock, events } = open()
    const mine = events.subscribe(adminViewer)
    budget('x')
    budget('x', 0.8)
    budget('x', 0.5)
    budget('x')
    budget('y')
    clock.advance(1000)
    expect((await mine.next()).value?.items).toMatchObject([
      { kind: 'BUDGET', allowanceId: 'x', thresholdCrossed: 0.8 },
      { kind: 'BUDGET', allowanceId: 'y', thresholdCrossed: null },
    ])
  })

  it('of a provider comes to everybody when its health has changed', async () => {
    const { events, watchers } = open()
    const mine = events.subscribe(adminViewer)
    const other = events.subscribe(stranger)
    const change = { providerName: 'openai', from: 'HEALTHY', to: 'DOWN', at: 5 } as const
    for (const told of watchers) told({ ...change, reason: null, byHand: false, simulated: false })
    const told = [{ kind: 'HEALTH', ...change }]
    expect((await mine.next()).value?.items).toMatchObject(told)
    expect((await other.next()).value?.items).toMatchObject(told)
  })
})

describe('a subscription', () => {
  it('ends with an error when events may have been missed', async () => {
    const { events, listeners } = open()
    const mine = events.subscribe(adminViewer)
    const next = mine.next()
    listeners.get('alert')?.resumed()
    await expect(next).rejects.toMatchObject({ code: 'OVERLOADED', retryable: true })
  })

  it('ends with an error when its reader is too far behind', async () => {
    const { alert, events } = open()
    const mine = events.subscribe(adminViewer)
    for (let index = 0; index <= 500; index++) alert(`a${index}`)
    await expect(mine.next()).rejects.toMatchObject({ code: 'OVERLOADED' })
  })

  it('hears nothing after the end', () => {
    const { clock, events, listeners, watchers } = open()
    events.stop()
    expect(watchers.size).toBe(0)
    expect(listeners.size).toBe(0)
    expect(clock.timers).toBe(0)
  })
})
