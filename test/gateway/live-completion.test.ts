import { describe, expect, it } from 'vitest'
import { LiveCompletion } from '#gateway/live-completion.ts'
import { callRequest } from '#test/support/fake-gateway.ts'
import { failing, type Play, troubledGateway } from '#test/support/troubled-gateway.ts'

/** What listeners are told of a call to targets that play so, each in its turn. */
async function told(plays: Readonly<Record<string, readonly Play[]>>) {
  const troubled = Object.entries(plays).map(([name, own]) => [name, { plays: own }] as const)
  const { gateway, clock } = troubledGateway(Object.fromEntries(troubled))
  const live = new LiveCompletion(callRequest({ model: 'a-route' }), {
    gateway,
    clock,
    graceMs: 1000,
  })
  const events = await Array.fromAsync(live.listen())
  return events.map((event) => {
    if (event.type === 'started') return `started ${event.providerName}`
    if (event.type !== 'fell-back') return event.type
    const { index, providerName, error, status } = event.failed
    return `fell back from ${index} ${providerName} ${error?.code} ${status} to ${event.nextProviderName}`
  })
}

describe('a completion that falls back', () => {
  it('tells of each target that failed, and why, before the next one is asked', async () => {
    const events = await told({
      a: [failing('PROVIDER_AUTH')],
      b: [failing('PROVIDER_TIMEOUT')],
      c: [{ says: ['hello'] }],
    })
    expect(events).toEqual([
      'started a',
      'fell back from 0 a PROVIDER_AUTH FAILED to b',
      'started b',
      'fell back from 1 b PROVIDER_TIMEOUT TIMED_OUT to c',
      'started c',
      'text',
      'finished',
    ])
  })

  it('tells of nothing where the last one failed as well', async () => {
    const events = await told({ a: [failing('PROVIDER_AUTH')], b: [failing('PROVIDER_AUTH')] })
    expect(events.slice(-2)).toEqual(['started b', 'failed'])
  })
})
