import { expect, it } from 'vitest'
import { filterOf, nextSort, orderOf, pageOf } from '#web/pages/requests/filter.ts'

const time = { relative: { from: 'now-1h', to: 'now' } }
const filter = (search: string) =>
  JSON.parse(JSON.stringify(filterOf(new URLSearchParams(search), { time, simulated: false })))

it('asks for no more than the address does', () => {
  expect(filter('')).toEqual({ time, simulated: false })
})

it('takes several values of one parameter as alternatives', () => {
  expect(filter('status=FAILED&status=REFUSED&provider=openai&provider=xai')).toEqual({
    time,
    simulated: false,
    status: ['FAILED', 'REFUSED'],
    provider: { in: ['openai', 'xai'] },
  })
})

it('reads latency, cost source, error and request', () => {
  expect(filter('slower=500&cost=UNPRICED&error=PROVIDER_TIMEOUT&request=r1&surface=CLI')).toEqual({
    time,
    simulated: false,
    latencyMs: { gte: 500 },
    costSource: ['UNPRICED'],
    errorCode: ['PROVIDER_TIMEOUT'],
    requestId: 'r1',
    surface: ['CLI'],
  })
})

it.each(['', 'NaN', 'x'])('leaves out a latency of %j that is no number', (slower) => {
  expect(filter(`slower=${slower}`).latencyMs).toBeUndefined()
})

it.each([
  ['', { field: 'CREATED_AT', direction: 'DESC' }],
  ['sort=COST', { field: 'COST', direction: 'DESC' }],
  ['sort=-COST', { field: 'COST', direction: 'ASC' }],
  ['sort=DROP', { field: 'CREATED_AT', direction: 'DESC' }],
])('orders %j by %o', (search, order) => {
  expect(orderOf(new URLSearchParams(search))).toEqual(order)
})

it('turns the order round on a second click, and back to the standard on a third', () => {
  expect(nextSort(new URLSearchParams(), 'LATENCY')).toBe('LATENCY')
  expect(nextSort(new URLSearchParams('sort=LATENCY'), 'LATENCY')).toBe('-LATENCY')
  expect(nextSort(new URLSearchParams('sort=LATENCY'), 'CREATED_AT')).toBeNull()
  expect(nextSort(new URLSearchParams(), 'CREATED_AT')).toBe('-CREATED_AT')
})

it('pages forwards after a cursor and backwards before one', () => {
  expect(pageOf(new URLSearchParams('after=c'))).toEqual({
    after: 'c',
    before: null,
    backwards: false,
  })
  expect(pageOf(new URLSearchParams('before=c'))).toEqual({
    after: null,
    before: 'c',
    backwards: true,
  })
})
