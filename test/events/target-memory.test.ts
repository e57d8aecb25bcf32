import { describe, expect, it } from 'vitest'
import type { KeptRow, TargetChange } from '#domain/kept-target.ts'
import type { ErrorCode } from '#domain/errors.ts'
import { defaultResilience } from '#domain/resilience.ts'
import type { TargetHealth } from '#domain/target-health.ts'
import { createTargetMemory } from '#events/target-memory.ts'
import { createTargetStates } from '#gateway/target-states.ts'
import { answerOf, FakeClock, scriptedAdapter } from '../support/fake-gateway.ts'

const adapter = scriptedAdapter(async () => answerOf((async function* () {})()))
const target = { adapter, model: 'gpt-test' }
const name = 'openai:gpt-test'
const disabled: TargetHealth = { state: 'DISABLED', since: 0, failures: 10, successes: 0 }
const closed = { state: 'CLOSED' } as const

/** What replicas share. */
class Shelf {
  readonly rows = new Map<string, KeptRow>()
  readonly writes: TargetChange[] = []
  isAway = false

  async read(): Promise<readonly KeptRow[]> {
    return [...this.rows.values()]
  }

  async write(changes: readonly TargetChange[]): Promise<void> {
    if (this.isAway) throw new Error('away')
    for (const change of changes) {
      this.writes.push(change)
      const { kept, name: of, providerName } = change
      if (kept) this.rows.set(of, { name: of, providerName, ...kept })
      else this.rows.delete(of)
    }
  }
}

const clock = new FakeClock()

async function replica(shelf = new Shelf()) {
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const memory = createTargetMemory({ shelf, clock, log })
  const states = createTargetStates(memory)
  memory.watch(states)
  await memory.load()
  const state = () => states.of(target)
  const fail = (times = 1) => {
    const { breaker } = state()
    for (let time = 0; time < times; time++) {
      const admission = breaker?.admit(clock.now(), { isLastResort: true })
      if (admission) breaker?.report(admission, 'FAILURE', clock.now())
      states.changed(state())
    }
  }
  const circuit = () => state().breaker?.snapshot(memory.moment()).state
  const checked = (code: ErrorCode | null = null) =>
    memory.checked({ providerName: 'openai', code, latencyMs: null, at: clock.epochMs() })
  const disable = () => {
    state().health = disabled
    states.changed(state())
  }
  /** Time passes until everything is written. */
  const settle = async () => {
    clock.advance(1000)
    await memory.close()
  }
  return { checked, circuit, disable, fail, memory, settle, shelf, state, states }
}

describe('an open circuit', () => {
  it('is open after a restart, for what is left of its time', async () => {
    const { fail, settle, shelf } = await replica()
    fail(5)
    await settle()
    expect(shelf.writes).toMatchObject([{ name, opened: 1, kept: { circuit: { state: 'OPEN' } } }])
    const { circuit, memory } = await replica(shelf)
    expect(memory.standings('openai')).toMatchObject([{ circuit: { state: 'OPEN' } }])
    expect(circuit()).toBe('OPEN')
    clock.advance(15_000)
    expect(circuit()).toBe('HALF_OPEN')
  })

  it('is kept until it is closed, and counted each time it opens', async () => {
    const { circuit, fail, settle, shelf, state, states } = await replica()
    fail(5)
    clock.advance(15_000)
    expect(circuit()).toBe('HALF_OPEN')
    fail()
    await settle()
    expect(shelf.writes.reduce((sum, { opened }) => sum + opened, 0)).toBe(2)
    state().breaker?.reset()
    states.changed(state())
    await settle()
    expect(shelf.rows.size).toBe(0)
  })

  it('is open under other policies as well', async () => {
    const { fail, memory, states } = await replica()
    fail(5)
    const resilience = { ...defaultResilience }
    const { breaker } = states.of({ ...target, resilience })
    expect(breaker?.snapshot(memory.moment())).toMatchObject({ state: 'OPEN', openMs: 15_000 })
  })

  it('is each replica’s own: failures elsewhere neither open nor forget it', async () => {
    const here = await replica()
    const there = await replica(here.shelf)
    expect(there.circuit()).toBe('CLOSED')
    here.fail(5)
    await here.settle()
    await there.memory.load()
    there.fail()
    await there.settle()
    expect(there.circuit()).toBe('CLOSED')
    expect(here.shelf.rows.get(name)).toMatchObject({ circuit: { state: 'OPEN' } })
  })

  it('is woken by a check that succeeds once it is open for long', async () => {
    const { checked, circuit, fail } = await replica()
    fail(5)
    clock.advance(15_000)
    fail()
    clock.advance(30_000)
    fail()
    clock.advance(29_999)
    checked()
    expect(circuit()).toBe('OPEN')
    clock.advance(1)
    checked('PROVIDER_NETWORK')
    expect(circuit()).toBe('OPEN')
    checked()
    expect(circuit()).toBe('HALF_OPEN')
  })

  it('that nobody has used since a restart is closed by a check', async () => {
    const { fail, settle, shelf } = await replica()
    fail(5)
    await settle()
    const { checked, memory, settle: settled } = await replica(shelf)
    checked('PROVIDER_NETWORK')
    expect(memory.standings('openai')).toHaveLength(1)
    checked()
    await settled()
    expect(shelf.rows.size).toBe(0)
  })

  it('is closed by hand', async () => {
    const { circuit, fail, memory, settle, shelf } = await replica()
    fail(5)
    memory.reset('xai')
    expect(circuit()).toBe('OPEN')
    memory.reset('openai')
    expect(circuit()).toBe('CLOSED')
    await settle()
    expect(shelf.rows.size).toBe(0)
  })
})

describe('a disabled target', () => {
  it('is disabled on all replicas, and enabled on all', async () => {
    const here = await replica()
    const there = await replica(here.shelf)
    there.state()
    here.disable()
    await here.settle()
    await there.memory.load()
    expect(there.state().health.state).toBe('DISABLED')
    // It is no news of theirs.
    await there.settle()
    expect(here.shelf.writes).toHaveLength(1)
    here.memory.reset('openai')
    await here.settle()
    await there.memory.load()
    expect(there.state().health.state).toBe('ENABLED')
  })

  it('is not enabled by what was written before', async () => {
    const { disable, memory, settle, shelf, state } = await replica()
    shelf.isAway = true
    disable()
    await settle()
    await memory.load()
    expect(state().health.state).toBe('DISABLED')
    shelf.isAway = false
    await settle()
    await memory.load()
    expect(state().health.state).toBe('DISABLED')
    expect(shelf.rows.get(name)).toMatchObject({ circuit: closed, health: { state: 'DISABLED' } })
  })

  it('is enabled by checks that succeed in a row', async () => {
    const { checked, disable, state } = await replica()
    disable()
    checked()
    checked('PROVIDER_TIMEOUT')
    checked()
    expect(state().health.state).toBe('DISABLED')
    checked('PROVIDER_RATE_LIMITED')
    checked()
    expect(state().health.state).toBe('ENABLED')
  })

  it('never is one whose policies say so', async () => {
    const shelf = new Shelf()
    shelf.rows.set(name, { name, providerName: 'openai', circuit: closed, health: disabled })
    const { states } = await replica(shelf)
    const resilience = { ...defaultResilience, disabling: null }
    expect(states.of({ ...target, resilience }).health.state).toBe('ENABLED')
    expect(states.of(target).health.state).toBe('DISABLED')
  })
})

describe('an idle target', () => {
  it('is disabled by checks that go on failing', async () => {
    const { checked, state } = await replica()
    state()
    for (let check = 0; check < 9; check++) {
      checked('PROVIDER_NETWORK')
      clock.advance(15_000)
    }
    expect(state().health.state).toBe('ENABLED')
    checked('PROVIDER_NETWORK')
    expect(state().health.state).toBe('DISABLED')
  })

  it('is believed rather than checks as long as calls prove it', async () => {
    const { checked, state } = await replica()
    for (let check = 0; check < 20; check++) {
      state().provenAt = clock.now()
      checked('PROVIDER_NETWORK')
      clock.advance(15_000)
    }
    expect(state().health.state).toBe('ENABLED')
  })
})
