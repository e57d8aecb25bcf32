import { describe, expect, it } from 'vitest'
import { defaultTenantId } from '#domain/access.ts'
import type { AlertSighting } from '#domain/alert-sighting.ts'
import { unpriced } from '#domain/price.ts'
import { createAlertWatch } from '#events/alert-watch.ts'
import { FakeClock } from '#test/support/fake-gateway.ts'
import { attemptOf, failedAttempt, recordOf } from '#test/support/request-record.ts'

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

function open({ rejected = [] as readonly string[] } = {}) {
  const clock = new FakeClock()
  const recorded: AlertSighting[] = []
  const watch = createAlertWatch({
    clock,
    log,
    desk: {
      record: async (sightings) => void recorded.push(...sightings),
      rejectedProviders: async () => rejected,
    },
  })
  return { clock, recorded, watch }
}

const other = '00000000-0000-7000-8000-00000000000b'
const refusedFor = (tenantId: string) =>
  recordOf({ tenantId, attempts: [failedAttempt('PROVIDER_AUTH')] })
const withoutPrice = recordOf({ attempts: [attemptOf({ cost: unpriced })] })

describe('a call', () => {
  it('without a price is told, and counted until it is written', async () => {
    const { recorded, watch } = open()
    watch.callEnded(withoutPrice)
    watch.callEnded(withoutPrice)
    await watch.close()
    const told = { kind: 'UNPRICED', tenantId: defaultTenantId, model: 'openai:gpt-test', count: 2 }
    expect(recorded).toEqual([told])
  })

  it('of the simulator tells nothing', async () => {
    const { recorded, watch } = open()
    const attempts = [attemptOf({ cost: unpriced, simulated: true })]
    watch.callEnded(recordOf({ attempts }))
    await watch.close()
    expect(recorded).toEqual([])
  })

  it('that succeeded with a price tells nothing', async () => {
    const { recorded, watch } = open()
    watch.callEnded(recordOf())
    await watch.close()
    expect(recorded).toEqual([])
  })

  it('that a budget refused is told by the budget', async () => {
    const { recorded, watch } = open()
    const refusal = {
      status: 'REFUSED',
      errorCode: 'BUDGET_EXCEEDED',
      refusedBy: 'budget',
    } as const
    watch.callEnded(recordOf({ ...refusal, attempts: [] }))
    await watch.close()
    expect(recorded).toEqual([{ kind: 'REFUSAL', allowanceId: 'budget', count: 1 }])
  })

  it('that cost more than it held is told with the most', async () => {
    const { recorded, watch } = open()
    const windows = [
      { id: '7', unit: 'TICKS', held: 1000n },
      { id: '8', unit: 'TOKENS', held: 1n },
    ] as const
    watch.callEnded(recordOf({ attempts: [attemptOf({ windows })] }))
    await watch.close()
    expect(recorded).toEqual([
      { kind: 'OVERAGE', windowId: '7', model: 'openai:gpt-test', above: 2000n, count: 1 },
    ])
  })
})

describe('a credential', () => {
  it('that is refused is told with whose calls it refused', async () => {
    const { recorded, watch } = open()
    watch.callEnded(refusedFor(defaultTenantId))
    watch.callEnded(refusedFor(other))
    watch.callEnded(refusedFor(other))
    await watch.close()
    const refused = new Map([
      [defaultTenantId, 1],
      [other, 2],
    ])
    const told = { kind: 'CREDENTIAL', providerName: 'openai', code: 'PROVIDER_AUTH', refused }
    expect(recorded).toEqual([told])
  })

  it('is told to be taken again by the next success, and only then', async () => {
    const { clock, recorded, watch } = open({ rejected: ['openai'] })
    watch.callEnded(refusedFor(other))
    clock.advance(1000)
    await expect.poll(() => recorded.length).toBe(1)
    watch.callEnded(recordOf())
    watch.callEnded(recordOf())
    await watch.close()
    expect(recorded.map((each) => each.kind === 'CREDENTIAL' && each.code)).toEqual([
      'PROVIDER_AUTH',
      null,
    ])
  })

  it('that another replica saw refused is told to be taken again by a success here', async () => {
    const { clock, recorded, watch } = open({ rejected: ['openai'] })
    clock.advance(1000)
    await expect
      .poll(async () => {
        watch.callEnded(recordOf())
        clock.advance(1000)
        return recorded
      })
      .toMatchObject([{ kind: 'CREDENTIAL', providerName: 'openai', code: null }])
    await watch.close()
  })
})
