import { expect, it } from 'vitest'
import { isSimulated, nextCall } from '#cli/demo-call.ts'
import { seededRandom } from '#providers/simulator/chance.ts'
import { simulatedModels } from '#providers/simulator/models.ts'

const calls = (count: number, models?: readonly string[]) => {
  const random = seededRandom(7)
  return Array.from({ length: count }, () => nextCall({ models, random }))
}

it('calls simulated models only, and only those that there are', () => {
  const known = new Set(simulatedModels.map(({ id }) => `simulator:${id}`))
  const models = new Set(calls(2000).map(({ model }) => model))
  expect([...models].filter((model) => !known.has(model) || !isSimulated(model))).toEqual([])
  expect(models.size).toBeGreaterThan(6)
})

it('mixes doors, callers, tags, limits, and callers who hang up', () => {
  const mix = calls(500)
  expect(new Set(mix.map(({ door }) => door))).toEqual(
    new Set(['REST', 'REST_STREAM', 'GRAPHQL', 'GRAPHQL_STREAM', 'EMBEDDINGS']),
  )
  expect(new Set(mix.map(({ endUser }) => endUser)).size).toBeGreaterThan(4)
  expect(new Set(mix.map(({ tag }) => tag)).size).toBeGreaterThan(2)
  const hangUps = mix.filter(({ hangUpAfterMs }) => hangUpAfterMs !== undefined).length
  expect(hangUps).toBeGreaterThan(10)
  expect(hangUps).toBeLessThan(100)
  expect(mix.some(({ maxTokens }) => maxTokens !== undefined)).toBe(true)
})

it('asks embeddings of the embedding model, and tools of the one that calls them', () => {
  const mix = calls(500)
  expect(
    mix.every(({ door, model }) => (door === 'EMBEDDINGS') === (model === 'simulator:embedding')),
  ).toBe(true)
  expect(mix.every(({ withTool, model }) => withTool === (model === 'simulator:tools'))).toBe(true)
})

it('keeps to the models that it is given', () => {
  const models = ['simulator:echo', 'simulator:smart']
  expect(new Set(calls(50, models).map(({ model }) => model))).toEqual(new Set(models))
})

it.each([
  'openai:gpt-4.1',
  'simulator',
  'fast',
  'simulator:',
  'x:simulator:fast',
  'Simulator:fast',
])('takes %s for a model that costs money', (model) => {
  expect(isSimulated(model)).toBe(false)
})
