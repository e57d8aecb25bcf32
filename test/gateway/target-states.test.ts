import { expect, it } from 'vitest'
import { createTargetStates } from '#gateway/target-states.ts'
import { scriptedAdapter } from '#test/support/fake-gateway.ts'

const adapter = scriptedAdapter(() => Promise.reject(new Error('nobody asks it')))
const named = (model: string) => ({ adapter, model })

it('keeps what is known of a target in use, however many names callers invent', () => {
  const states = createTargetStates()
  const used = states.of(named('real'))
  for (let serial = 0; serial < 5000; serial++) {
    states.of(named(`invented-${serial}`))
    expect(states.of(named('real'))).toBe(used)
  }
  expect([...states.all()]).toHaveLength(2000)
})

it('forgets no target that is working', () => {
  const states = createTargetStates()
  const working = states.of(named('working'))
  working.inFlight = 1
  for (let serial = 0; serial < 3000; serial++) states.of(named(`invented-${serial}`))
  expect(states.of(named('working'))).toBe(working)
})
