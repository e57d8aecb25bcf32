import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { ModelRequest } from '#domain/chat.ts'
import { demandFor, estimateCost, estimateUsage, holdFor } from '#domain/hold.ts'
import { testPrice } from '../support/fake-gateway.ts'

const request = (body: object, operation: ModelRequest['operation'] = 'chat'): ModelRequest => ({
  operation,
  model: 'openai:m',
  stream: false,
  text: JSON.stringify(body),
  body: body as ModelRequest['body'],
})

it.each([
  [{ max_tokens: 10 }, 10],
  [{ max_tokens: 10, max_completion_tokens: 20 }, 20],
  [{ max_tokens: 10, n: 3 }, 30],
  [{}, 1000],
  [{ max_tokens: -5 }, 1000],
  [{ max_tokens: 'x', n: 2 }, 2000],
  [{ max_tokens: 10, n: '3' }, 30],
  [{ max_tokens: 10, n: 'many' }, 10],
])('bounds the output of %j by %d tokens', (body, expected) => {
  expect(holdFor(request(body), { price: testPrice, maxOutputTokens: 1000 }).outputTokens).toBe(
    expected,
  )
})

it.each([
  [{ max_tokens: 9e15 }, 1000],
  [{ max_tokens: 5000, n: 3 }, 3000],
  [{ max_tokens: 10, n: 3 }, 30],
  [{}, 1000],
])('demands no more than the model can give for %j: %d tokens', (body, expected) => {
  const demand = demandFor(request(body), { price: testPrice, maxOutputTokens: 1000 })
  expect(demand.outputTokens).toBe(expected)
})

it('bounds embeddings by their input alone', () => {
  const hold = holdFor(request({ input: 'text' }, 'embeddings'), {
    price: testPrice,
    maxOutputTokens: 1000,
  })
  expect(hold.outputTokens).toBe(0)
})

it('counts bytes, not characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const { inputTokens } = holdFor(
        { ...request({}), text },
        { price: undefined, maxOutputTokens: 1 },
      )
      expect(inputTokens).toBe(Buffer.byteLength(text))
    }),
  )
})

it('never estimates above the hold', () => {
  fc.assert(
    fc.property(
      fc.nat(5000),
      fc.boolean(),
      fc.nat(2000),
      (producedBytes, complete, maxOutputTokens) => {
        const hold = holdFor(request({ a: 'b' }), { price: testPrice, maxOutputTokens })
        const usage = estimateUsage(hold, { producedBytes, complete })
        expect(estimateCost(usage, testPrice).total! <= hold.cost!).toBe(true)
        expect(usage.source).toBe('ESTIMATED')
      },
    ),
  )
})

it('takes the whole hold where nothing is known', () => {
  const hold = holdFor(request({}), { price: testPrice, maxOutputTokens: 77 })
  expect(estimateUsage(hold, { producedBytes: undefined, complete: false }).outputTokens).toBe(77)
})
