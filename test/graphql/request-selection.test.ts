import { describe, expect, it } from 'vitest'
import type { GraphqlContext } from '#graphql/context.ts'
import { encodeGlobalId } from '#graphql/global-id.ts'
import {
  type FilterChoice,
  requestSelection,
  timelessSelection,
} from '#graphql/request-selection.ts'
import { adminViewer, FakeClock } from '../support/fake-gateway.ts'

const now = new FakeClock().epochMs()
const hour = 3_600_000
const uuid = '019a0000-0000-7000-8000-000000000001'
const context = {
  viewer: adminViewer,
  services: { clock: new FakeClock() },
  loaders: { tenant: async () => ({ reportingTimeZone: 'Asia/Kolkata' }) },
} as unknown as GraphqlContext
const filter = (over: Partial<FilterChoice> = {}): FilterChoice => ({
  time: { relative: { from: 'now-1h', to: 'now' } },
  simulated: false,
  ...over,
})

describe('a selection', () => {
  it('counts its times from now', async () => {
    expect((await requestSelection(filter(), context)).time).toEqual({ from: now - hour, to: now })
  })

  it('takes days of the tenant’s zone, unless another is named', async () => {
    const today = filter({ time: { relative: { from: 'now/d', to: 'now/d' } } })
    const { from, to } = (await requestSelection(today, context)).time
    expect([new Date(from).toISOString().slice(11, 16), to - from]).toEqual(['18:30', 24 * hour])
    const utc = (await requestSelection(today, context, 'UTC')).time
    expect(new Date(utc.from).toISOString().slice(11, 16)).toBe('00:00')
  })

  it('takes instants as they are', async () => {
    const time = { absolute: { from: 5, to: 10 } }
    expect((await requestSelection(filter({ time }), context)).time).toEqual({ from: 5, to: 10 })
  })

  it.each([
    [{ relative: { from: 'yesterday', to: 'now' } }],
    [{ relative: { from: 'now', to: 'now-1h' } }],
    [{ absolute: { from: 10, to: 5 } }],
  ])('is refused for a range that makes no sense: %j', async (time) => {
    await expect(requestSelection(filter({ time }), context)).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    })
  })

  it('takes ids of this API and plain ones', () => {
    const selected = timelessSelection(
      filter({
        apiKey: { in: [encodeGlobalId('ApiKey', uuid), uuid] },
        requestId: encodeGlobalId('Request', uuid),
      }),
    )
    expect(selected).toMatchObject({ apiKey: { in: [uuid, uuid] }, requestId: uuid })
  })

  it('takes money in dollars and hands it on in ticks, exactly', () => {
    const { cost } = timelessSelection(filter({ cost: { gt: 0.1, lte: 1e-7, lt: null } }))
    expect(cost).toEqual({ gt: 1_000_000_000n, lte: 1000n, lt: null })
  })
})
