import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { Cancellation } from '#domain/cancellation.ts'
import { GatewayError } from '#domain/errors.ts'
import type { KeptReply } from '#gateway/kept-reply.ts'
import type { ReplyName } from '#gateway/ports.ts'
import { systemClock } from '#jobs/system-clock.ts'
import { createReplies } from '#store/replies.ts'
import { keepStore } from '#store/upkeep.ts'
import {
  adminViewer,
  callRequest,
  endChunk,
  fakeGateway,
  textChunk,
} from '#test/support/fake-gateway.ts'
import { createDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { recordOf } from '#test/support/request-record.ts'
import { MemoryLog, roadTo, sql } from '#test/support/store.ts'
import { openTap } from '#test/support/tap-provider.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createDatabase()
})
afterAll(() => database.drop())

const unlimited = { strategy: undefined, timeoutMs: undefined }

/** The answers as a replica with a lease knows them. */
async function replica({ url = database.url, timeoutMs = 4000, leased = true } = {}) {
  const replicaId = randomUUID()
  if (leased) await sql(database.url, 'insert into replica (id) values ($1)', [replicaId])
  const log = new MemoryLog()
  const options = { databaseUrl: url, replicaId, clock: systemClock, log, timeoutMs }
  const replies = createReplies(options)
  onTestFinished(() => replies.close())
  const die = () => sql(database.url, 'delete from replica where id = $1', [replicaId])
  return { replies, replicaId, log, die }
}

/** A call of its own under a key of its own. */
const named = (over: Partial<ReplyName> = {}): ReplyName => ({
  tenantId: adminViewer.tenantId,
  apiKeyId: null,
  key: randomUUID(),
  request: callRequest().request,
  requestId: randomUUID(),
  ...over,
})

const again = (name: ReplyName): ReplyName => ({ ...name, requestId: randomUUID() })

const reply = (requestId: string): KeptReply => ({
  requestId,
  head: {
    startedAtEpochMs: 1_790_000_000_000,
    status: 200,
    providerName: 'openai',
    providerKind: 'OPENAI',
    model: 'gpt-test',
    upstreamRequestId: null,
  },
  chunks: [
    { ...textChunk('grüß 🙂'), raw: Buffer.from('data: {"grüß 🙂"}\r\n\r\n') },
    { events: [], producedBytes: 0, raw: new Uint8Array([0, 255, 10]) },
    endChunk({ reportedCost: 2n ** 62n }),
  ],
  failure: undefined,
  record: recordOf({ id: requestId }),
})

describe('a key', () => {
  it('is claimed once by two replicas with fifty callers, who all get the answer', async () => {
    const tap = openTap()
    const gateways = await Promise.all(
      [1, 2].map(async () => {
        const { replies } = await replica()
        return fakeGateway(tap.adapter, { replies }).gateway
      }),
    )
    const key = randomUUID()
    const ask = async (index: number) => {
      const gateway = gateways[index % 2]!
      const idempotency = { key, noWait: false, graceMs: 60_000 }
      const call = gateway.open({ ...callRequest({ id: randomUUID() }), idempotency })
      const { call: answered, chunks } = await gateway.run(call)
      return { id: answered.id, chunks: await Array.fromAsync(chunks) }
    }
    const answers = Promise.all(Array.from({ length: 50 }, (_, index) => ask(index)))
    tap.write(textChunk('once'), endChunk())
    const [first, ...others] = await answers
    expect(first?.chunks).toEqual([textChunk('once'), endChunk()])
    for (const other of others) expect(other).toEqual(first)
    expect(tap.calls).toHaveLength(1)
  })

  it('is kept to the byte, for every replica', async () => {
    const [one, other] = [await replica(), await replica()]
    const name = named()
    expect(await one.replies.claim(name)).toEqual({ state: 'MINE' })
    expect(await other.replies.claim(again(name))).toEqual({ state: 'RUNNING' })
    await one.replies.keep(name, reply(name.requestId))
    for (const { replies } of [one, other]) {
      const claim = await replies.claim(again(name))
      const { chunks, record, ...rest } = claim.state === 'KEPT' ? claim.reply : fail(claim)
      const kept = reply(name.requestId)
      expect({ ...rest, record }).toEqual({ ...kept, chunks: undefined })
      expect(chunks.map(({ raw }) => raw && Buffer.from(raw).toString('hex'))).toEqual(
        kept.chunks.map(({ raw }) => raw && Buffer.from(raw).toString('hex')),
      )
      expect(chunks.map(({ end, events }) => ({ end, events }))).toEqual(
        kept.chunks.map(({ end, events }) => ({ end, events })),
      )
    }
  })

  it.each([
    ['another API key', { apiKeyId: randomUUID() }],
    ['another tenant', { tenantId: randomUUID() }],
  ])('means something else to %s', async (_whose, over) => {
    const { replies } = await replica()
    const name = named()
    await replies.claim(name)
    expect(await replies.claim({ ...again(name), ...over })).toEqual({ state: 'MINE' })
  })

  it.each<[string, Partial<ReplyName>]>([
    ['body', { request: { ...callRequest().request, text: '{}' } }],
    ['operation', { request: { ...callRequest().request, operation: 'embeddings' } }],
    ['routing', { routing: { allow: [], deny: ['a'], fallbacks: [], maxCost: 5n, ...unlimited } }],
  ])('is refused with another %s', async (_what, over) => {
    const { replies } = await replica()
    const name = named()
    await replies.claim(name)
    await expect(replies.claim({ ...again(name), ...over })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_CONFLICT',
    })
  })

  it('that was freed is anybody’s, and an old end does not touch what came after', async () => {
    const [one, other] = [await replica(), await replica()]
    const name = named()
    await one.replies.claim(name)
    await one.replies.free(name)
    const second = again(name)
    expect(await other.replies.claim(second)).toEqual({ state: 'MINE' })
    await one.replies.keep(name, reply(name.requestId))
    await one.replies.free(name)
    expect(await one.replies.claim(again(name))).toEqual({ state: 'RUNNING' })
  })

  it('is free after a day, and then goes with the upkeep', async () => {
    const { replies } = await replica()
    const [name, old] = [named(), named()]
    for (const each of [name, old]) {
      await replies.claim(each)
      await replies.keep(each, reply(each.requestId))
    }
    const rows = () => sql(database.url, 'select 1 from reply where key = $1', [old.key])
    const [{ hours }] = (await sql<{ hours: number }>(
      database.url,
      'select extract(epoch from expires_at - now())::float8 / 3600 as hours from reply where key = $1',
      [name.key],
    )) as [{ hours: number }]
    expect(hours).toBeCloseTo(24, 1)
    const expire = 'update reply set expires_at = now() where key = any($1)'
    await sql(database.url, expire, [[name.key, old.key]])
    expect(await replies.claim(again(name))).toEqual({ state: 'MINE' })
    expect(await rows()).toHaveLength(1)
    await keepStore(database.url, { epochMs: systemClock.epochMs() })
    expect(await rows()).toHaveLength(0)
    expect(await replies.claim(again(name))).not.toEqual({ state: 'MINE' })
  })
})

describe('a replica that died', () => {
  it('leaves its keys to answer that their calls were lost', async () => {
    const [dead, other] = [await replica(), await replica()]
    const name = named()
    await dead.replies.claim(name)
    const change = other.replies.changed(name, new Cancellation())
    await dead.die()
    await change
    const lost = { state: 'LOST', requestId: name.requestId }
    expect(await other.replies.claim(again(name))).toEqual(lost)
    expect(await other.replies.claim(again(name))).toEqual(lost)
  })

  it('is believed after all when it brings the answer', async () => {
    const [cutOff, other] = [await replica(), await replica()]
    const name = named()
    await cutOff.replies.claim(name)
    await cutOff.die()
    await cutOff.replies.keep(name, reply(name.requestId))
    expect(await other.replies.claim(again(name))).toMatchObject({ state: 'KEPT' })
  })

  it('may claim nothing', async () => {
    const { replies } = await replica({ leased: false })
    await expect(replies.claim(named())).rejects.toMatchObject({ code: 'OVERLOADED' })
  })
})

describe('who waits for another replica', () => {
  it.each(['keep', 'free'] as const)('learns of %s', async (end) => {
    const [one, other] = [await replica(), await replica()]
    const name = named()
    await one.replies.claim(name)
    const change = other.replies.changed(name, new Cancellation())
    await one.replies[end](name, reply(name.requestId))
    await change
    expect(await other.replies.claim(again(name))).not.toEqual({ state: 'RUNNING' })
  })

  it('may stop', async () => {
    const [one, other] = [await replica(), await replica()]
    const name = named()
    await one.replies.claim(name)
    const cancellation = new Cancellation()
    const change = other.replies.changed(name, cancellation)
    cancellation.cancel(new GatewayError('CANCELLED', 'enough'))
    await expect(change).resolves.toBeUndefined()
  })
})

describe('while Postgres is away', () => {
  it('nothing is claimed', async () => {
    const road = await roadTo(database.url)
    const { replies } = await replica({ url: road.url })
    await replies.claim(named())
    await road.close()
    await expect(replies.claim(named())).rejects.toMatchObject({ code: 'OVERLOADED' })
    await road.open()
    expect(await replies.claim(named())).toEqual({ state: 'MINE' })
  })

  it('a stalled one is given up in time', async () => {
    const road = await roadTo(database.url)
    const { replies } = await replica({ url: road.url, timeoutMs: 300 })
    await replies.claim(named())
    road.stall()
    await expect(replies.claim(named())).rejects.toMatchObject({ code: 'OVERLOADED' })
  })

  it('an answer is kept here, and stored when it is back', async () => {
    const road = await roadTo(database.url)
    const { replies } = await replica({ url: road.url })
    const other = await replica()
    const name = named()
    await replies.claim(name)
    await road.close()
    await replies.keep(name, reply(name.requestId))
    expect(await replies.claim(again(name))).toMatchObject({ state: 'KEPT' })
    await road.open()
    const waiting = other.replies.changed(name, new Cancellation())
    await waiting
    expect(await other.replies.claim(again(name))).toMatchObject({ state: 'KEPT' })
  })
})

function fail(claim: unknown): never {
  throw new Error(`unexpected claim ${JSON.stringify(claim)}`)
}
