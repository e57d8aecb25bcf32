import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest'
import { type BusTopic, busChannel, busMessage } from '#domain/bus-topic.ts'
import { openPostgresBus, type PostgresBus } from '#events/postgres-bus.ts'
import { FakeClock } from '../support/fake-gateway.ts'
import { createDatabase, type TestDatabase } from '../support/postgres.ts'
import { MemoryLog, roadTo, sql } from '../support/store.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createDatabase()
})
afterAll(() => database.drop())

const notify = (topic: BusTopic, payload: string) =>
  sql(database.url, 'select pg_notify($1, $2)', [busChannel, busMessage(topic, payload)])

class Ear {
  readonly payloads: string[] = []
  times = 0
  heard = (payload: string): void => void this.payloads.push(payload)
  resumed = (): void => void this.times++
}

function open(databaseUrl = database.url, timeoutMs = 5000) {
  const clock = new FakeClock()
  const bus = openPostgresBus({ databaseUrl, clock, log: new MemoryLog(), timeoutMs })
  onTestFinished(() => bus.close())
  return { bus, clock }
}

const listening = (bus: PostgresBus) =>
  vi.waitFor(() => expect(bus.listening).toBe(true), { timeout: 5000 })

it('what is told on a topic is heard by all who listen to it, and by no others', async () => {
  const { bus } = open()
  const [one, other, stranger] = [new Ear(), new Ear(), new Ear()]
  bus.on('api-key', one)
  bus.on('api-key', other)
  bus.on('allowance', stranger)
  await listening(bus)
  await notify('api-key', 'k1')
  await notify('allowance', 'b1')
  await vi.waitFor(() => expect(stranger.payloads).toEqual(['b1']))
  expect([one.payloads, other.payloads]).toEqual([['k1'], ['k1']])
})

it('who has lost interest hears nothing', async () => {
  const { bus } = open()
  const [gone, there] = [new Ear(), new Ear()]
  bus.on('api-key', gone)()
  bus.on('api-key', there)
  await listening(bus)
  await notify('api-key', 'k1')
  await vi.waitFor(() => expect(there.payloads).toEqual(['k1']))
  expect(gone.payloads).toEqual([])
})

it('a listener reads anew whenever listening begins, also one that came later', async () => {
  const { bus } = open()
  const [early, late] = [new Ear(), new Ear()]
  bus.on('api-key', early)
  await listening(bus)
  bus.on('api-key', late)
  expect([early.times, late.times]).toEqual([1, 1])
})

it('after the connection broke it listens again, and says that something may have been missed', async () => {
  const road = await roadTo(database.url)
  const { bus, clock } = open(road.url)
  const ear = new Ear()
  bus.on('api-key', ear)
  await listening(bus)
  await road.close()
  await vi.waitFor(() => expect(bus.listening).toBe(false))
  await road.open()
  clock.advance(1000)
  await listening(bus)
  expect(ear.times).toBe(2)
  await notify('api-key', 'k2')
  await vi.waitFor(() => expect(ear.payloads).toEqual(['k2']))
})

it('a connection that lets nothing through any more is found out', async () => {
  const road = await roadTo(database.url)
  const { bus, clock } = open(road.url, 200)
  await listening(bus)
  road.stall()
  clock.advance(10_000)
  await vi.waitFor(() => expect(bus.listening).toBe(false))
})
