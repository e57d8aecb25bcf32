import { expect, it } from 'vitest'
import type { CircuitSnapshot } from '#domain/circuit-snapshot.ts'
import { countCircuits, worstCircuit } from '#domain/provider-circuit.ts'

const closed: CircuitSnapshot = { state: 'CLOSED' }
const halfOpen: CircuitSnapshot = { state: 'HALF_OPEN', openedAt: 0, openMs: 5 }
const open = (retryAt: number): CircuitSnapshot => ({
  state: 'OPEN',
  openedAt: 0,
  retryAt,
  openMs: 5,
})

it.each([
  ['nothing', [], closed],
  ['closed ones', [closed, closed], closed],
  ['one that is half open', [closed, halfOpen], halfOpen],
  ['one that is open', [halfOpen, open(7), closed], open(7)],
  ['two that are open', [open(7), open(9), open(8)], open(9)],
])('the worst of %s is found, in whatever order', (_what, circuits, worst) => {
  expect(worstCircuit(circuits)).toEqual(worst)
  expect(worstCircuit(circuits.toReversed())).toEqual(worst)
})

it('circuits are counted by what they do', () => {
  expect(countCircuits([closed, open(1), halfOpen, open(2)])).toEqual({
    total: 4,
    open: 2,
    halfOpen: 1,
  })
})
