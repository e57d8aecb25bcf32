import { afterEach, expect, it } from 'vitest'
import { connectRedis } from '#limits/redis-connection.ts'
import { redisCounters } from '#limits/redis-counters.ts'
import { redisDouble } from '#test/support/redis-double.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

const password = 'not-to-be-told'

function connected(port: number) {
  const lines: string[] = []
  const waiting = new Set<{ text: string; found: () => void }>()
  const write = (level: string) => (fields: object, message: string) => {
    lines.push(`${level} ${message} ${JSON.stringify(fields)}`)
    for (const each of waiting) if (message.includes(each.text)) each.found()
  }
  const log = { info: write('info'), warn: write('warn') }
  const connection = connectRedis(`redis://:${password}@127.0.0.1:${port}/0`, log)
  closers.push(() => connection.close())
  const counters = redisCounters(connection, () => performance.now())({
    name: 'rule',
    limit: 10,
    windowS: 60,
  })
  return {
    lines,
    take: (points: number) => counters.take('key', points),
    look: () => counters.look('key'),
    ready: () =>
      connection.client.status === 'ready'
        ? Promise.resolve()
        : new Promise<void>((resolve) => connection.client.once('ready', () => resolve())),
    /** Resolves when a line with this text has been written. */
    told: (text: string) =>
      lines.some((line) => line.includes(text))
        ? Promise.resolve()
        : new Promise<void>((found) => waiting.add({ text, found })),
  }
}

async function running(port = 0) {
  const double = await redisDouble(port)
  closers.push(() => double.close())
  return double
}

it('counts in Redis while it is there, and says nothing', async () => {
  const { counters, port } = await running()
  const { lines, ready, take } = connected(port)
  await ready()
  expect(await take(4)).toMatchObject({ granted: true, remaining: 6, resetMs: 60_000 })
  expect([...counters]).toEqual([['ai-orchestrator:rate:rule:60:key', 4]])
  expect(lines).toEqual([])
})

it('counts for itself when Redis is away at the start, warns once, and says when it is there', async () => {
  const first = await running()
  await first.close()
  const { lines, ready, take, told } = connected(first.port)
  await told('is away')
  expect([await take(4), await take(7)]).toMatchObject([
    { granted: true, remaining: 6 },
    { granted: false, remaining: 6 },
  ])
  const second = await running(first.port)
  await ready()
  expect(await take(3)).toMatchObject({ granted: true, remaining: 7 })
  expect(second.counters.size).toBe(1)
  expect(lines.map((line) => line.split(' ')[0])).toEqual(['warn', 'info'])
})

it('goes on by itself when Redis goes away, and gives back where it took', async () => {
  const first = await running()
  const { lines, ready, take, told } = connected(first.port)
  await ready()
  const inRedis = await take(5)
  await first.close()
  await told('is away')
  const here = await take(8)
  inRedis.giveBack(5)
  expect(await take(0)).toMatchObject({ remaining: 2 })
  here.giveBack(8)
  expect(await take(0)).toMatchObject({ remaining: 10 })
  const second = await running(first.port)
  await told('Redis is back')
  expect(second.counters.size).toBe(0)
  expect(lines).toHaveLength(2)
})

it('stands in for a Redis that refuses commands', async () => {
  const double = await running()
  const { lines, ready, take } = connected(double.port)
  await ready()
  double.refuses = true
  expect(await take(4)).toMatchObject({ granted: true, remaining: 6 })
  double.refuses = false
  await take(1)
  expect(lines.map((line) => line.split(' ')[0])).toEqual(['warn', 'info'])
})

it('writes neither the address nor the password into the log', async () => {
  const { close, port } = await running()
  await close()
  const { lines, told } = connected(port)
  await told('is away')
  expect(lines.join()).not.toMatch(new RegExp(`${password}|127\\.0\\.0\\.1|${port}`))
})

it('looks at a counter in Redis without making one, and at its own while Redis is away', async () => {
  const double = await running()
  const { look, ready, take, told } = connected(double.port)
  await ready()
  expect(await look()).toEqual({ remaining: 10, resetMs: 60_000 })
  expect(double.counters.size).toBe(0)
  await take(4)
  expect(await look()).toEqual({ remaining: 6, resetMs: 60_000 })
  await double.close()
  await take(1)
  await told('away')
  expect(await look()).toMatchObject({ remaining: 9 })
})
