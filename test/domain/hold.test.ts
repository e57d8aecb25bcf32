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
        const usage = estimateUsage(hold, {
          producedBytes,
          complete,
          unseenMs: producedBytes,
          choices: 1,
        })
        expect(estimateCost(usage, testPrice).total! <= hold.cost!).toBe(true)
        expect(usage.source).toBe('ESTIMATED')
      },
    ),
  )
})

it.each([
  ['all that arrived, and what was under way', { producedBytes: 100, complete: false }, 164],
  ['all of an answer that came to its end', { producedBytes: 100, complete: true }, 100],
  ['four tokens a millisecond that nobody saw', { unseenMs: 250.1, complete: false }, 1065],
  ['as many for each choice', { unseenMs: 250, choices: 2, complete: true }, 2000],
  ['never more than the hold', { unseenMs: 1e9, complete: false }, 5000],
  ['nothing for a clock that went back', { unseenMs: -5, complete: true }, 0],
])('counts %s', (_what, seen, outputTokens) => {
  const hold = holdFor(request({}), { price: testPrice, maxOutputTokens: 5000 })
  const usage = estimateUsage(hold, { producedBytes: 0, unseenMs: 0, choices: 1, ...seen })
  expect(usage.outputTokens).toBe(outputTokens)
})

it('holds no more than any model gives, whatever is asked for', () => {
  const target = { price: testPrice, maxOutputTokens: 1000 }
  expect(holdFor(request({ max_tokens: 9e15, n: 2 }), target).outputTokens).toBe(2_000_000)
})

it.each([
  [{}, 500],
  [{ max_tokens: 800 }, 800],
  [{ n: 2 }, 1000],
])('sets the configured default aside where nothing is asked for: %j', (body, outputTokens) => {
  const target = { price: testPrice, maxOutputTokens: 1000 }
  const demand = demandFor(request(body), target, { defaultOutputTokens: 500 })
  expect(demand.outputTokens).toBe(outputTokens)
})
