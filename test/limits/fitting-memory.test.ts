import { RateLimiterRes } from 'rate-limiter-flexible'
import { expect, it } from 'vitest'
import { FittingMemory } from '#limits/fitting-memory.ts'

const memory = (points: number) => new FittingMemory({ points, duration: 60 })
const refused = (thrown: unknown) => thrown

it('leaves nothing behind when a take does not fit', async () => {
  const limiter = memory(10)
  await limiter.consume('a', 6)
  await expect(limiter.consume('a', 5)).rejects.toMatchObject({ consumedPoints: 11 })
  expect(await limiter.consume('a', 4)).toMatchObject({ consumedPoints: 10, remainingPoints: 0 })
})

it('grants exactly what fits to takes that come at once, and keeps the others out', async () => {
  const limiter = memory(10)
  const results = await Promise.allSettled(
    Array.from({ length: 100 }, () => limiter.consume('a', 3)),
  )
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
  expect((await limiter.get('a'))?.consumedPoints).toBe(9)
})

it('knows its own results from those of others', async () => {
  const limiter = memory(1)
  expect(limiter.made(await limiter.consume('a'))).toBe(true)
  const refusal = await limiter.consume('a').catch(refused)
  expect(refusal instanceof RateLimiterRes && limiter.made(refusal)).toBe(true)
  expect(limiter.made(new RateLimiterRes())).toBe(false)
})
