import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PriorityLine } from '#domain/priority-line.ts'
import { byPriority, foremost, priorities, type Queued, Turns } from '#domain/queue-order.ts'

const patienceMs = 100

/** A queue with one place that is given every `stepMs`, and what it gave in order. */
class OneLine {
  readonly served: Queued[] = []
  readonly line = new PriorityLine<Queued>()
  readonly #turns = new Turns()
  readonly #leave = new Map<Queued, () => void>()
  now = 0
  #arrival = 0

  come(priority: Queued['priority']): Queued {
    const call = { priority, arrival: this.#arrival++, since: this.now }
    this.#leave.set(call, this.line.add(call))
    return call
  }

  serve(): Queued | undefined {
    const { first: urgent, oldest } = this.line
    if (!urgent || !oldest) return undefined
    const call = this.#turns.next({ urgent, oldest }, { now: this.now, patienceMs })
    this.#leave.get(call)?.()
    this.served.push(call)
    return call
  }
}

describe('the next one', () => {
  it('is the most urgent one, as long as all are patient', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...priorities), { maxLength: 50 }), (coming) => {
        const queue = new OneLine()
        const calls = coming.map((priority) => queue.come(priority))
        queue.now = patienceMs
        while (queue.serve());
        expect(queue.served).toEqual(calls.toSorted(byPriority))
      }),
    )
  })

  it('is the oldest one at every fourth place, once that is no longer patient', () => {
    const queue = new OneLine()
    const low = [queue.come('LOW'), queue.come('LOW')]
    queue.now = patienceMs + 1
    for (let place = 0; place < 8; place++) {
      queue.come('CRITICAL')
      queue.serve()
    }
    expect(queue.served.map(({ priority }) => priority.at(0)).join('')).toBe('CCCLCCCL')
    expect(queue.served.filter(({ priority }) => priority === 'LOW')).toEqual(low)
  })

  it('leaves the urgent ones three places of four, however many old ones wait', () => {
    const queue = new OneLine()
    for (let count = 0; count < 1000; count++) queue.come('LOW')
    queue.now = patienceMs + 1
    for (let count = 0; count < 300; count++) queue.come('CRITICAL')
    for (let place = 0; place < 400; place++) queue.serve()
    expect(queue.served.filter(({ priority }) => priority === 'CRITICAL')).toHaveLength(300)
  })

  it('is chosen so that nobody starves, whatever comes', () => {
    const step = fc.record({
      coming: fc.array(fc.constantFrom(...priorities), { maxLength: 6 }),
      afterMs: fc.nat(60),
    })
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
        const queue = new OneLine()
        /** By call, the places given since its patience was over, and the older ones that waited then. */
        const impatient = new Map<Queued, { places: number; readonly older: number }>()
        const place = () => {
          for (const call of queue.line) {
            if (queue.now - call.since <= patienceMs) continue
            const older = [...queue.line].filter(({ arrival }) => arrival < call.arrival).length
            const waited = impatient.get(call) ?? { places: 0, older }
            waited.places++
            impatient.set(call, waited)
          }
          return queue.serve()
        }
        for (const { coming, afterMs } of steps) {
          for (const priority of coming) queue.come(priority)
          queue.now += afterMs
          place()
        }
        while (place());
        for (const { places, older } of impatient.values())
          expect(places).toBeLessThanOrEqual(4 * (older + 1))
      }),
    )
  })

  it('is the most urgent one again after the oldest one had its place otherwise', () => {
    const turns = new Turns()
    const urgent: Queued = { priority: 'HIGH', arrival: 9, since: 0 }
    const oldest: Queued = { priority: 'LOW', arrival: 0, since: 0 }
    const when = { now: patienceMs + 1, patienceMs }
    const next = () => turns.next({ urgent, oldest }, when).priority
    expect([next(), next(), next()]).toEqual(['HIGH', 'HIGH', 'HIGH'])
    turns.restart()
    expect([next(), next(), next(), next()]).toEqual(['HIGH', 'HIGH', 'HIGH', 'LOW'])
  })
})

describe('the foremost', () => {
  it('is the first of those that are equal, and nobody of none', () => {
    expect(foremost([3, 1, 2], (one, other) => one - other)).toBe(1)
    expect(foremost([{ id: 'a' }, { id: 'b' }], () => 0)).toEqual({ id: 'a' })
    expect(foremost([], () => 0)).toBeUndefined()
  })
})
