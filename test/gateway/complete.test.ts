import { describe, expect, it } from 'vitest'
import { GatewayError } from '#domain/errors.ts'
import type { AttemptOpening } from '#domain/request-record.ts'
import { callerGone } from '#gateway/call.ts'
import {
  answerOf,
  callRequest,
  endChunk,
  fakeGateway,
  MemoryRecords,
  scriptedAdapter,
  textChunk,
} from '../support/fake-gateway.ts'

const wholeAnswer = () =>
  scriptedAdapter(async (call) => {
    call.onSent()
    return answerOf(
      (async function* () {
        yield textChunk('hel')
        yield textChunk('lo')
        yield endChunk()
      })(),
    )
  })

describe('a call that succeeds', () => {
  it('is begun before the provider is asked', async () => {
    const { gateway, records } = fakeGateway(
      scriptedAdapter(async () => {
        expect(records.begun).toHaveLength(1)
        return answerOf(
          (async function* () {
            yield endChunk()
          })(),
        )
      }),
    )
    await gateway.run(gateway.open(callRequest()))
    expect(records.begun[0]?.attempt.hold).toEqual({
      inputTokens: callRequest().request.text.length,
      outputTokens: 50,
      cost: BigInt(callRequest().request.text.length) * 10_000n + 50n * 40_000n,
      priceVersion: 'test-2026-11-01',
    })
  })

  it('is settled before its last chunk is handed out', async () => {
    const { gateway, records } = fakeGateway(wholeAnswer())
    const answer = await gateway.run(gateway.open(callRequest()))
    const settledAt: number[] = []
    for await (const chunk of answer.chunks) settledAt.push(chunk.end ? records.ended.length : 0)
    expect(settledAt).toEqual([0, 0, 1])
  })

  it('costs what the provider counted, to the tick', async () => {
    const { gateway, records } = fakeGateway(wholeAnswer())
    await Array.fromAsync((await gateway.run(gateway.open(callRequest()))).chunks)
    expect(records.ended).toHaveLength(1)
    expect(records.ended[0]).toMatchObject({
      status: 'SUCCEEDED',
      cost: { total: 10n * 10_000n + 5n * 40_000n, source: 'PRICE_TABLE' },
      usage: { inputTokens: 10, outputTokens: 5, source: 'PROVIDER_REPORTED' },
    })
  })

  it('is unpriced, not free, without a price', async () => {
    const { gateway, records } = fakeGateway(wholeAnswer(), { price: null })
    await Array.fromAsync((await gateway.run(gateway.open(callRequest()))).chunks)
    expect(records.ended[0]?.cost).toMatchObject({ total: null, source: 'UNPRICED' })
  })
})

describe('a call that ends badly', () => {
  it('is charged its bounded estimate, flagged, when the stream is cut', async () => {
    const { gateway, records } = fakeGateway(
      scriptedAdapter(async (call) => {
        call.onSent()
        return answerOf(
          (async function* () {
            yield textChunk('hello')
            throw new GatewayError('PROVIDER_NETWORK', 'cut')
          })(),
        )
      }),
    )
    const answer = await gateway.run(gateway.open(callRequest()))
    await expect(Array.fromAsync(answer.chunks)).rejects.toMatchObject({ code: 'PROVIDER_NETWORK' })
    const [ended] = records.ended
    const hold = records.begun[0]?.attempt.hold.cost ?? 0n
    expect(ended).toMatchObject({
      status: 'FAILED',
      usage: { outputTokens: 50, source: 'ESTIMATED' },
    })
    expect(ended?.cost?.total).toBeLessThanOrEqual(hold)
  })

  it('costs nothing when the provider refused it', async () => {
    const { gateway, records } = fakeGateway(
      scriptedAdapter(async (call) => {
        call.onSent()
        throw new GatewayError('PROVIDER_UNAVAILABLE', 'down', {
          upstream: { status: 500, contentType: 'text/plain', body: new Uint8Array(), headers: {} },
        })
      }),
    )
    await expect(gateway.run(gateway.open(callRequest()))).rejects.toMatchObject({ status: 500 })
    expect(records.ended[0]).toMatchObject({
      status: 'FAILED',
      usage: null,
      cost: null,
      httpStatus: 500,
    })
  })

  it('costs nothing when no byte reached the provider', async () => {
    const { gateway, records } = fakeGateway(
      scriptedAdapter(async () => {
        throw new GatewayError('PROVIDER_NETWORK', 'connection refused')
      }),
    )
    await expect(gateway.run(gateway.open(callRequest()))).rejects.toMatchObject({
      code: 'PROVIDER_NETWORK',
    })
    expect(records.ended[0]?.cost).toBeNull()
  })

  it('is charged its hold when a whole answer broke off, since nobody knows what was produced', async () => {
    const { gateway, records } = fakeGateway(
      scriptedAdapter(async (call) => {
        call.onSent()
        throw new GatewayError('PROVIDER_NETWORK', 'reset')
      }),
    )
    await expect(gateway.run(gateway.open(callRequest({ stream: false })))).rejects.toThrow('reset')
    expect(records.ended[0]?.cost?.total).toBe(records.begun[0]?.attempt.hold.cost)
  })

  it('is recorded once when it is refused before any attempt', async () => {
    const { gateway, records } = fakeGateway(wholeAnswer())
    const call = gateway.open(callRequest())
    call.cancellation.cancel(callerGone())
    await expect(gateway.run(call)).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(records.ended).toMatchObject([{ status: 'CANCELLED', attempts: [] }])
  })

  it('is not sent when its begin could not be written', async () => {
    class FullRecords extends MemoryRecords {
      override async begin(): Promise<AttemptOpening> {
        throw new GatewayError('OVERLOADED', 'nothing can be written')
      }
    }
    const asked: string[] = []
    const adapter = scriptedAdapter(async (call) => {
      asked.push(call.id)
      return answerOf([endChunk()] as never)
    })
    const { gateway } = fakeGateway(adapter, { records: new FullRecords() })
    await expect(gateway.run(gateway.open(callRequest()))).rejects.toMatchObject({
      code: 'OVERLOADED',
    })
    expect(asked).toEqual([])
  })
})

describe('a caller who leaves', () => {
  it('aborts the provider and pays for what was produced', async () => {
    const aborted: string[] = []
    const { gateway, records } = fakeGateway(
      scriptedAdapter(async (call) => {
        call.onSent()
        call.cancellation.onCancel((reason) => aborted.push(reason.code))
        return answerOf(
          (async function* () {
            for (;;) yield textChunk('x')
          })(),
        )
      }),
    )
    const answer = await gateway.run(gateway.open(callRequest()))
    for await (const chunk of answer.chunks) if (chunk) break
    expect(aborted).toEqual(['CANCELLED'])
    expect(records.ended).toMatchObject([{ status: 'CANCELLED', usage: { source: 'ESTIMATED' } }])
  })
})

describe('a provider that keeps the caller waiting', () => {
  const silent = () =>
    scriptedAdapter(
      (call) =>
        new Promise((_resolve, reject) => {
          call.onSent()
          call.cancellation.onCancel(reject)
        }),
    )

  it('is given up at the first-token deadline', async () => {
    const { gateway, clock, records } = fakeGateway(silent())
    const running = gateway.run(gateway.open(callRequest()))
    const failed = expect(running).rejects.toMatchObject({ code: 'PROVIDER_TIMEOUT' })
    await new Promise(setImmediate)
    clock.advance(29_900)
    expect(records.ended).toEqual([])
    clock.advance(300)
    await failed
    expect(records.ended[0]?.attempts[0]?.status).toBe('TIMED_OUT')
  })

  it('is waited for while it shows that it is at work, which is no first token', async () => {
    const { promise: next, resolve: goOn } = Promise.withResolvers<void>()
    const { gateway, clock, records } = fakeGateway(
      scriptedAdapter(async () =>
        answerOf(
          (async function* () {
            yield { events: [], producedBytes: 0 }
            await next
            yield textChunk('found')
            yield endChunk()
          })(),
        ),
      ),
    )
    const running = gateway.run(gateway.open(callRequest()))
    await new Promise(setImmediate)
    clock.advance(20_000)
    await new Promise(setImmediate)
    clock.advance(20_000)
    goOn()
    await Array.fromAsync((await running).chunks)
    expect(records.ended[0]).toMatchObject({ status: 'SUCCEEDED', timeToFirstTokenMs: 40_000 })
  })

  it('has the whole time for an answer that is not streamed', async () => {
    const { gateway, clock, records } = fakeGateway(silent())
    const running = gateway.run(gateway.open(callRequest({ stream: false })))
    const failed = expect(running).rejects.toMatchObject({ code: 'PROVIDER_TIMEOUT' })
    await new Promise(setImmediate)
    clock.advance(599_900)
    expect(records.ended).toEqual([])
    clock.advance(300)
    await failed
  })

  it('leaves no timer behind', async () => {
    const { gateway, clock } = fakeGateway(wholeAnswer())
    await Array.fromAsync((await gateway.run(gateway.open(callRequest()))).chunks)
    clock.advance(1000)
    expect(clock.timers).toBe(0)
  })
})

describe('a limit on concurrency', () => {
  it('holds the slot to the end of the stream', async () => {
    const { gateway, slots, clock, records } = fakeGateway(wholeAnswer(), { maxConcurrency: 1 })
    const first = await gateway.run(gateway.open(callRequest()))
    const second = gateway.run(
      gateway.open(callRequest({ id: '019a0000-0000-7000-8000-000000000002' })),
    )
    await new Promise(setImmediate)
    expect(slots).toMatchObject({ taken: 1, waiting: 1 })
    clock.advance(40)
    await Array.fromAsync(first.chunks)
    await Array.fromAsync((await second).chunks)
    expect(records.ended[1]?.queuedMs).toBe(40)
    expect(slots).toMatchObject({ taken: 0, waiting: 0 })
  })

  it('lets a caller leave the queue', async () => {
    const { gateway, slots } = fakeGateway(wholeAnswer(), { maxConcurrency: 1 })
    const first = await gateway.run(gateway.open(callRequest()))
    const waiting = gateway.open(callRequest({ id: '019a0000-0000-7000-8000-000000000003' }))
    const refused = expect(gateway.run(waiting)).rejects.toMatchObject({ code: 'CANCELLED' })
    waiting.cancellation.cancel(callerGone())
    await refused
    expect(slots.waiting).toBe(0)
    await Array.fromAsync(first.chunks)
    expect(slots.taken).toBe(0)
  })
})
