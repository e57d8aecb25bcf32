import { describe, expect, it, vi } from 'vitest'
import type { RoutingWish } from '#domain/call-route.ts'
import { GatewayError } from '#domain/errors.ts'
import { type CallRequest, callerGone } from '#gateway/call.ts'
import {
  adminViewer,
  answerOf,
  callRequest,
  endChunk,
  fakeGateway,
  scriptedAdapter,
  textChunk,
} from '#test/support/fake-gateway.ts'
import { MemoryReplies } from '#test/support/memory-replies.ts'
import { openTap } from '#test/support/tap-provider.ts'

const noWish: RoutingWish = {
  strategy: undefined,
  allow: [],
  deny: [],
  fallbacks: [],
  maxCost: null,
  timeoutMs: undefined,
}
const idempotency = { key: 'k', noWait: false, graceMs: 60_000 }
let serial = 0

/** A call of its own under the key. */
function keyed(over: Partial<CallRequest> = {}): CallRequest {
  const id = `019a0000-0000-7000-8000-${`${++serial}`.padStart(12, '0')}`
  return { ...callRequest({ id }), idempotency, ...over }
}

function setUp({ replies = new MemoryReplies() } = {}) {
  const tap = openTap()
  const fake = fakeGateway(tap.adapter, { replies })
  const run = (request: CallRequest) => fake.gateway.run(fake.gateway.open(request))
  const ask = async (request: CallRequest = keyed()) => {
    const reply = await run(request)
    const text = []
    for await (const { events, end } of reply.chunks) {
      for (const event of events) if (event.type === 'text') text.push(event.text)
      if (end) text.push(`(${end.finishReason}, ${end.usage?.outputTokens})`)
    }
    return { id: reply.call.id, isReplay: reply.isReplay === true, text }
  }
  return { ...tap, ...fake, replies, run, ask }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))
const code = (expected: string) => expect.objectContaining({ code: expected })

/** The same key for a provider that fails as it is told to. */
function failing(fail: () => GatewayError, { sent = true } = {}) {
  let calls = 0
  const adapter = scriptedAdapter(async (call) => {
    calls++
    if (sent) call.onSent()
    throw fail()
  })
  const fake = fakeGateway(adapter)
  const ask = () => fake.gateway.run(fake.gateway.open(keyed()))
  return { ...fake, ask, calls: () => calls }
}

describe('calls under one idempotency key', () => {
  it('are one call with one answer, and one record', async () => {
    const { ask, write, calls, records } = setUp()
    const answers = Promise.all(Array.from({ length: 50 }, () => ask()))
    await vi.waitFor(() => expect(calls).toHaveLength(1), { interval: 1 })
    write(textChunk('hel'), textChunk('lo'), endChunk())
    const [first, ...others] = await answers
    expect(first).toMatchObject({ isReplay: false, text: ['hel', 'lo', '(STOP, 5)'] })
    for (const other of others) expect(other).toEqual({ ...first, isReplay: true })
    expect(await ask()).toEqual({ ...first, isReplay: true })
    expect(records.ended).toMatchObject([{ id: first?.id, status: 'SUCCEEDED' }])
  })

  it('read the answer so far, and then on as it comes', async () => {
    const { ask, run, write } = setUp()
    write(textChunk('so far'))
    const first = await run(keyed())
    const reading = first.chunks[Symbol.asyncIterator]()
    await reading.next()
    const late = await run(keyed())
    const follower = late.chunks[Symbol.asyncIterator]()
    expect(await follower.next()).toMatchObject({ value: { events: [{ text: 'so far' }] } })
    const next = follower.next()
    write(textChunk('live'))
    expect(await next).toMatchObject({ value: { events: [{ text: 'live' }] } })
    write(endChunk())
    expect((await ask()).text).toEqual(['so far', 'live', '(STOP, 5)'])
  })

  it('are kept before the last chunk is handed out', async () => {
    const { run, write, replies } = setUp()
    write(textChunk('x'), endChunk())
    const { chunks } = await run(keyed())
    const kept: boolean[] = []
    for await (const chunk of chunks) {
      const [entry] = replies.entries.values()
      kept.push(chunk.end !== undefined && entry?.reply !== undefined)
    }
    expect(kept).toEqual([false, true])
  })

  it.each([
    ['another key', { idempotency: { ...idempotency, key: 'other' } }],
    ['another API key', { viewer: { ...adminViewer, apiKeyId: crypto.randomUUID() } }],
    ['another tenant', { viewer: { ...adminViewer, tenantId: crypto.randomUUID() } }],
    ['no key', { idempotency: undefined }],
  ])('have nothing to do with those of %s', async (_what, over) => {
    const { ask, write, calls } = setUp()
    write(endChunk())
    await ask()
    write(endChunk())
    expect(await ask(keyed(over))).toMatchObject({ isReplay: false })
    expect(calls).toHaveLength(2)
  })

  it.each<[string, Partial<CallRequest>]>([
    ['another body', { request: callRequest({ text: '{}' }).request }],
    ['another wish for their routing', { routing: { ...noWish, maxCost: 1_000_000_000_000n } }],
  ])('are refused with %s, on record', async (_what, over) => {
    const { ask, write, calls, records } = setUp()
    write(endChunk())
    await ask()
    const other = keyed(over)
    await expect(ask(other)).rejects.toEqual(code('IDEMPOTENCY_CONFLICT'))
    expect(calls).toHaveLength(1)
    expect(records.ended.at(-1)).toMatchObject({ id: other.id, status: 'REFUSED' })
  })

  it('are not run while it cannot be known whether they were run before', async () => {
    const { ask, calls, replies, records } = setUp()
    replies.failure = new GatewayError('OVERLOADED', 'Postgres is away')
    await expect(ask()).rejects.toEqual(code('OVERLOADED'))
    expect([calls.length, records.ended.length]).toEqual([0, 1])
  })

  it('ask nobody when they have no key', async () => {
    const { ask, replies, write } = setUp()
    replies.failure = new GatewayError('OVERLOADED', 'Postgres is away')
    write(endChunk())
    await ask(keyed({ idempotency: undefined }))
    expect(replies.claims).toBe(0)
  })
})

describe('a caller who does not wait', () => {
  const noWait = () => keyed({ idempotency: { ...idempotency, noWait: true } })

  it('is refused while the first call runs, here or elsewhere, and gets the kept answer after it', async () => {
    const replies = new MemoryReplies()
    const here = setUp({ replies })
    const elsewhere = setUp({ replies })
    const first = here.ask()
    await settled()
    await expect(here.ask(noWait())).rejects.toEqual(code('CONFLICT'))
    await expect(elsewhere.ask(noWait())).rejects.toEqual(code('CONFLICT'))
    here.write(endChunk())
    await first
    expect(await elsewhere.ask(noWait())).toMatchObject({ isReplay: true })
  })

  it('runs the call when nobody does', async () => {
    const { ask, write } = setUp()
    write(endChunk())
    expect(await ask(noWait())).toMatchObject({ isReplay: false })
  })
})

describe('a call that another replica runs', () => {
  it('is waited for', async () => {
    const replies = new MemoryReplies()
    const here = setUp({ replies })
    const there = setUp({ replies })
    const first = there.ask()
    await settled()
    const second = here.ask()
    there.write(textChunk('there'), endChunk())
    expect(await second).toEqual({ ...(await first), isReplay: true })
    expect(here.calls).toHaveLength(0)
  })

  it('is run here when it failed there without a charge', async () => {
    const replies = new MemoryReplies()
    const here = setUp({ replies })
    const there = setUp({ replies })
    const call = there.gateway.open(keyed({ idempotency: { ...idempotency, graceMs: 0 } }))
    const first = there.gateway.run(call)
    const second = here.ask()
    await Promise.resolve()
    call.cancellation.cancel(callerGone())
    await expect(first).rejects.toEqual(code('CANCELLED'))
    here.write(endChunk())
    expect(await second).toMatchObject({ isReplay: false })
  })

  it('is no longer waited for by who hangs up', async () => {
    const replies = new MemoryReplies()
    const here = setUp({ replies })
    const there = setUp({ replies })
    const first = there.ask()
    await settled()
    const call = here.gateway.open(keyed())
    const second = here.gateway.run(call)
    await settled()
    call.cancellation.cancel(callerGone())
    await expect(second).rejects.toEqual(code('CANCELLED'))
    there.write(endChunk())
    await first
    expect(here.records.ended).toEqual([])
  })
})

describe('a call that failed', () => {
  const refusal = { status: 500, contentType: 'text/plain', body: new Uint8Array(), headers: {} }

  it.each([
    [
      'the provider refused',
      () => new GatewayError('PROVIDER_UNAVAILABLE', 'down', { upstream: refusal }),
      true,
    ],
    ['no byte left', () => new GatewayError('PROVIDER_NETWORK', 'refused'), false],
  ])('without a charge, as %s, frees its key', async (_why, fail, sent) => {
    const { ask, calls } = failing(fail, { sent })
    const both = await Promise.allSettled([ask(), ask()])
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(calls()).toBe(1)
    await expect(ask()).rejects.toMatchObject({ retryable: true })
    expect(calls()).toBe(2)
  })

  it('with a charge is told again, and that it is of no use to ask again', async () => {
    const { ask, calls, records } = failing(() => new GatewayError('PROVIDER_NETWORK', 'reset'))
    await expect(ask()).rejects.toMatchObject({ message: 'reset', retryable: true })
    await expect(ask()).rejects.toMatchObject({
      code: 'PROVIDER_NETWORK',
      retryable: false,
      message: expect.stringContaining('take a new key'),
      details: { replayOf: records.ended[0]?.id },
    })
    expect([calls(), records.ended.length]).toEqual([1, 1])
  })

  it('in the middle of a stream is told again with what came before', async () => {
    const adapter = scriptedAdapter(async (call) => {
      call.onSent()
      return answerOf(
        (async function* () {
          yield textChunk('half')
          throw new GatewayError('PROVIDER_NETWORK', 'cut')
        })(),
      )
    })
    const { gateway, records } = fakeGateway(adapter)
    const tell = async () => {
      const seen: unknown[] = []
      try {
        const { chunks } = await gateway.run(gateway.open(keyed()))
        for await (const { events } of chunks) seen.push(events)
      } catch (error) {
        seen.push((error as GatewayError).message)
      }
      return seen
    }
    const first = await tell()
    expect(first).toEqual([[{ type: 'text', text: 'half' }], 'cut'])
    expect(await tell()).toEqual(first)
    expect(records.ended).toHaveLength(1)
  })
})

describe('a caller who hangs up', () => {
  it('finds the answer when it asks again: the call ran on', async () => {
    const { ask, gateway, write, calls, clock } = setUp()
    const call = gateway.open(keyed())
    const gone = Promise.allSettled([gateway.run(call)])
    await vi.waitFor(() => expect(calls).toHaveLength(1), { interval: 1 })
    call.cancellation.cancel(callerGone())
    await settled()
    clock.advance(59_000)
    const again = ask()
    await settled()
    clock.advance(59_000)
    write(textChunk('still here'), endChunk())
    await gone
    expect(await again).toMatchObject({ id: call.id, text: ['still here', '(STOP, 5)'] })
    expect(calls).toHaveLength(1)
  })

  it('ends the call after a minute', async () => {
    const { run, gateway, clock, records, write } = setUp()
    const call = gateway.open(keyed())
    write(textChunk('x'))
    const reply = await gateway.run(call)
    call.cancellation.cancel(callerGone())
    await expect(Array.fromAsync(reply.chunks)).rejects.toEqual(code('CANCELLED'))
    clock.advance(59_000)
    await settled()
    expect(records.ended).toEqual([])
    clock.advance(2000)
    await vi.waitFor(() => expect(records.ended).toMatchObject([{ status: 'CANCELLED' }]), {
      interval: 1,
    })
    await expect(run(keyed()).then(({ chunks }) => Array.fromAsync(chunks))).rejects.toMatchObject({
      code: 'CANCELLED',
      retryable: false,
    })
  })

  it('takes nothing from others who read the same', async () => {
    const { ask, gateway, write } = setUp()
    const call = gateway.open(keyed())
    const gone = gateway.run(call)
    const other = ask()
    await settled()
    call.cancellation.cancel(callerGone())
    write(textChunk('all'), endChunk())
    expect((await other).text).toEqual(['all', '(STOP, 5)'])
    await Promise.allSettled([gone])
  })

  it('is not waited for when the server stops', async () => {
    const { gateway, records, calls } = setUp()
    const call = gateway.open(keyed())
    const gone = gateway.run(call)
    await vi.waitFor(() => expect(calls).toHaveLength(1), { interval: 1 })
    call.cancellation.cancel(callerGone())
    await Promise.allSettled([gone])
    await gateway.stop()
    expect(records.ended).toMatchObject([{ status: 'CANCELLED' }])
  })

  it('leaves no timer behind', async () => {
    const { gateway, clock, write, ask } = setUp()
    const call = gateway.open(keyed())
    const gone = gateway.run(call)
    await settled()
    call.cancellation.cancel(callerGone())
    await Promise.allSettled([gone])
    const again = ask()
    write(endChunk())
    await again
    clock.advance(1000)
    expect(clock.timers).toBe(0)
  })
})

describe('an answer beyond what is kept', () => {
  const large = () => textChunk('x'.repeat(17 * 1024 * 1024))

  it('is given whole to who began it, and to nobody after', async () => {
    const { run, write, ask, calls } = setUp()
    const running = run(keyed())
    write(large(), textChunk('y'), endChunk())
    const { chunks } = await running
    expect(await Array.fromAsync(chunks)).toHaveLength(3)
    await expect(ask()).rejects.toMatchObject({
      code: 'CONFLICT',
      retryable: false,
      message: expect.stringContaining('16 MiB'),
    })
    expect(calls).toHaveLength(1)
  })
})
