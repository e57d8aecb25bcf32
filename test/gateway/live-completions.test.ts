import { describe, expect, it, vi } from 'vitest'
import { GatewayError } from '#domain/errors.ts'
import type { CompletionEvent } from '#gateway/completion-event.ts'
import { createLiveCompletions, waitForSocketMs } from '#gateway/live-completions.ts'
import {
  adminViewer,
  answerOf,
  callRequest,
  endChunk,
  fakeGateway,
  scriptedAdapter,
  textChunk,
} from '../support/fake-gateway.ts'
import { openTap } from '../support/tap-provider.ts'

function setUp(options: { maxCount?: number; maxConcurrency?: number } = {}) {
  const tap = openTap()
  const fake = fakeGateway(tap.adapter, { maxConcurrency: options.maxConcurrency ?? 0 })
  const live = createLiveCompletions({ ...fake, ...options })
  return { ...tap, ...fake, live }
}

const otherViewer = { ...adminViewer, tenantId: '00000000-0000-7000-8000-000000000002' }
const all = (events: AsyncIterable<CompletionEvent>) => Array.fromAsync(events)
const types = (events: readonly CompletionEvent[]) => events.map(({ type }) => type)
const texts = (events: readonly CompletionEvent[]) =>
  events.flatMap((event) => (event.type === 'text' ? [event.text] : []))

describe('the events of a completion', () => {
  it('are dense from 0 and end with the settled completion', async () => {
    const { live, write, records } = setUp()
    const started = live.start(callRequest())
    const events = all(started.listen())
    write(textChunk('hel'), textChunk('lo'), endChunk())
    const heard = await events
    expect(heard.map(({ seq }) => seq)).toEqual(heard.map((_, index) => index))
    expect(heard[0]).toMatchObject({ type: 'started', providerName: 'openai', model: 'gpt-test' })
    expect(texts(heard).join('')).toBe('hello')
    expect(heard.at(-1)).toMatchObject({
      type: 'finished',
      completion: { text: 'hello', record: records.ended[0] },
    })
  })

  it('come again behind the last one seen, without a second call', async () => {
    const { live, write, calls } = setUp()
    const started = live.start(callRequest())
    write(textChunk('hel'), textChunk('lo'), endChunk())
    const first = await all(started.listen())
    for (let seen = -1; seen < first.length; seen++) {
      expect(await all(started.listen({ afterSeq: seen }))).toEqual(first.slice(seen + 1))
    }
    expect(calls).toHaveLength(1)
  })

  it('never change once they have been read, and grow while nobody reads', async () => {
    const { live, write } = setUp()
    const started = live.start(callRequest())
    const early = started.listen()
    await early.next()
    write(textChunk('a'))
    const { value: read } = await early.next()
    write(textChunk('b'), textChunk('c'))
    await vi.waitFor(() => expect(started.bytes).toBeGreaterThan(128 * 3), { interval: 1 })
    write(textChunk('d'), endChunk())
    await started.opened
    await vi.waitFor(() => expect(started.endedAt).toBeDefined(), { interval: 1 })
    const again = await all(started.listen())
    expect(again[1]).toEqual(read)
    expect(texts(again)).toEqual(['a', 'bcd'])
  })

  it('say the place in the queue', async () => {
    const { live, write } = setUp({ maxConcurrency: 1 })
    live.start(callRequest())
    const second = live.start(callRequest({ id: '019a0000-0000-7000-8000-000000000002' }))
    await second.opened
    const { value } = await second.listen().next()
    expect(value).toMatchObject({ type: 'queued', position: 0 })
    write(endChunk())
  })

  it('end with a failure that keeps what was sent', async () => {
    const { live, write } = setUp()
    const started = live.start(callRequest())
    write(textChunk('half'))
    const events = started.listen()
    await events.next()
    await events.next()
    live.cancel(started.id, adminViewer)
    const { value } = await events.next()
    expect(value).toMatchObject({
      type: 'failed',
      error: { code: 'CANCELLED' },
      partialText: 'half',
    })
  })

  it('are another tenant’s secret', () => {
    const { live } = setUp()
    const { id } = live.start(callRequest())
    expect(() => live.find(id, otherViewer)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
    expect(() => live.cancel(id, otherViewer)).toThrow(
      expect.objectContaining({ code: 'NOT_FOUND' }),
    )
  })

  it.each([
    ['another key', { apiKeyId: 'k2' }, false],
    ['another key that administers', { apiKeyId: 'k2', scopes: new Set(['admin'] as const) }, true],
    [
      "another project's administrator",
      { apiKeyId: 'k2', projectId: 'p2', scopes: new Set(['admin'] as const) },
      false,
    ],
  ])('may be followed by %s: %j', (_who, over, may) => {
    const { live } = setUp()
    const { viewer, ...request } = callRequest()
    const owner = { ...viewer, apiKeyId: 'k1', projectId: 'p1' }
    const { id } = live.start({ ...request, viewer: owner })
    expect(live.find(id, owner).id).toBe(id)
    const plain = { ...owner, projectId: null, scopes: new Set(['complete'] as const) }
    const follow = () => live.find(id, { ...plain, ...over }).id
    const found = attempt(follow)
    expect(found).toEqual(may ? { found: id } : { code: 'NOT_FOUND' })
  })

  it('go after a minute, and the sweep with the last of them', async () => {
    const { live, write, clock } = setUp()
    const started = live.start(callRequest())
    write(endChunk())
    await all(started.listen())
    clock.advance(59_000)
    expect(live.find(started.id, adminViewer)).toBe(started)
    clock.advance(2000)
    expect(() => live.find(started.id, adminViewer)).toThrow(
      expect.objectContaining({ code: 'NOT_FOUND' }),
    )
    clock.advance(1000)
    expect(clock.timers).toBe(0)
  })
})

describe('a completion without a listener', () => {
  it('runs on, and is cancelled after a minute', async () => {
    const { live, clock, records } = setUp()
    const started = live.start(callRequest())
    await started.opened
    clock.advance(59_000)
    expect(started.cancelled).toBe(false)
    clock.advance(2000)
    expect(started.cancelled).toBe(true)
    await vi.waitFor(() => expect(records.ended[0]?.status).toBe('CANCELLED'), { interval: 1 })
  })

  it('runs on for good while somebody listens', async () => {
    const { live, clock } = setUp()
    const started = live.start(callRequest())
    const listener = started.listen()
    await listener.next()
    clock.advance(25_000)
    expect(started.cancelled).toBe(false)
    await listener.return?.()
    expect(started.aloneSince).toBe(25_000)
  })

  it('is cancelled at once when its listener leaves for good', async () => {
    const { live } = setUp()
    const started = live.start(callRequest())
    const listener = started.listen({ leavesForGood: () => true })
    await listener.next()
    await listener.return?.()
    expect(started.cancelled).toBe(true)
  })

  it('waits ten seconds for a lost socket', async () => {
    const { live, clock } = setUp()
    const started = live.start(callRequest(), { graceMs: waitForSocketMs })
    const listener = started.listen({ leavesForGood: () => false })
    await listener.next()
    await listener.return?.()
    clock.advance(9000)
    expect(started.cancelled).toBe(false)
    clock.advance(2000)
    expect(started.cancelled).toBe(true)
  })
})

describe('starting the same again', () => {
  const again = () => callRequest({ id: '019a0000-0000-7000-8000-000000000002' })

  const idempotency = { key: 'k', noWait: false, graceMs: 0 }

  it.each([
    { name: 'an idempotency key', over: { idempotency }, options: {} },
    { name: 'an operation id whose socket was lost', over: {}, options: { operationId: '1' } },
  ])('attaches by $name', async ({ options, over }) => {
    const { live, calls } = setUp()
    const first = live.start({ ...callRequest(), ...over }, options)
    expect(live.start({ ...again(), ...over }, options)).toBe(first)
    await first.opened
    expect(calls).toHaveLength(1)
  })

  it('does not attach by a short operation id to a stream that somebody reads', () => {
    const { live } = setUp()
    const first = live.start(callRequest(), { operationId: '1' })
    first.listen()
    expect(live.start(again(), { operationId: '1' })).not.toBe(first)
  })

  it('attaches by a unique operation id before the lost socket was noticed', () => {
    const { live } = setUp()
    const operationId = crypto.randomUUID()
    const first = live.start(callRequest(), { operationId })
    first.listen()
    expect(live.start(again(), { operationId })).toBe(first)
  })

  it('does not attach by operation id to what was heard to its end', async () => {
    const { live, write } = setUp()
    const first = live.start(callRequest(), { operationId: '1' })
    write(endChunk())
    await all(first.listen())
    expect(live.start(again(), { operationId: '1' })).not.toBe(first)
  })

  it('does not attach with another input, another key or to what was cancelled', () => {
    const { live } = setUp()
    const first = live.start(callRequest(), { operationId: '1' })
    const other = callRequest({ id: '019a0000-0000-7000-8000-000000000003', text: '{}' })
    expect(live.start(other, { operationId: '1' })).not.toBe(first)
    const second = live.start(again(), { operationId: '2' })
    second.cancel()
    expect(
      live.start({ ...again(), id: '019a0000-0000-7000-8000-000000000004' }, { operationId: '2' }),
    ).not.toBe(second)
    const stranger = {
      ...again(),
      viewer: { ...adminViewer, apiKeyId: '019a0000-0000-7000-8000-00000000000f' },
    }
    expect(live.start(stranger, { operationId: '1' })).not.toBe(first)
  })

  it('refuses an idempotency key with another input', async () => {
    const { live } = setUp()
    await live.start({ ...callRequest(), idempotency }).opened
    await expect(
      live.start({ ...again(), request: callRequest({ text: '{}' }).request, idempotency }).opened,
    ).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' })
  })

  it('gives an answer that was forgotten here again, under the first id', async () => {
    const { live, write, calls, clock } = setUp()
    const first = live.start({ ...callRequest(), idempotency })
    write(textChunk('once'), endChunk())
    await all(first.listen())
    clock.advance(62_000)
    const second = live.start({ ...again(), idempotency })
    expect(second).not.toBe(first)
    await second.opened
    expect(second.id).toBe(first.id)
    expect(live.find(first.id, adminViewer)).toBe(second)
    const heard = await all(second.listen())
    expect(types(heard)).toEqual(['started', 'text', 'finished'])
    expect(heard.at(-1)).toMatchObject({
      completionId: first.id,
      seq: 2,
      completion: { text: 'once', record: { id: first.id } },
    })
    expect(calls).toHaveLength(1)
  })

  it('begins anew what failed without a charge', async () => {
    let calls = 0
    const adapter = scriptedAdapter(async () => {
      calls++
      throw new GatewayError('PROVIDER_NETWORK', 'connection refused')
    })
    const live = createLiveCompletions(fakeGateway(adapter))
    await all(live.start({ ...callRequest(), idempotency }).listen())
    await all(live.start({ ...again(), idempotency }).listen())
    expect(calls).toBe(2)
  })

  it('tells of what was cancelled and charged, instead of calling again', async () => {
    const { live, write, calls } = setUp()
    const first = live.start({ ...callRequest(), idempotency })
    write(textChunk('half'))
    const events = first.listen()
    await events.next()
    await events.next()
    live.cancel(first.id, adminViewer)
    const heard = await all(live.start({ ...again(), idempotency }).listen())
    expect(heard.at(-1)).toMatchObject({
      type: 'failed',
      completionId: first.id,
      partialText: 'half',
      error: { code: 'CANCELLED', retryable: false },
      attempts: [{ status: 'CANCELLED' }],
    })
    expect(calls).toHaveLength(1)
  })
})

describe('bounds', () => {
  it('refuse a new completion when too many are kept', () => {
    const { live } = setUp({ maxCount: 1 })
    live.start(callRequest())
    expect(() => live.start(callRequest({ id: '019a0000-0000-7000-8000-000000000002' }))).toThrow(
      expect.objectContaining({ code: 'OVERLOADED' }),
    )
  })

  it('end an answer that outgrows its log', async () => {
    const { live, write } = setUp()
    const started = live.start(callRequest())
    write(textChunk('x'.repeat(8 * 1024 * 1024 + 1)))
    const heard = await all(started.listen())
    expect(types(heard)).toEqual(['started', 'text', 'failed'])
    expect(heard.at(-1)).toMatchObject({ error: { code: 'OVERLOADED' } })
  })
})

describe('a slow listener', () => {
  const piece = 'x'.repeat(1000)

  /** A provider that writes as fast as it is read. */
  function flood() {
    const told = { written: 0, stopped: false }
    const adapter = scriptedAdapter(async (call) => {
      call.onSent()
      return answerOf(
        (async function* () {
          call.cancellation.onCancel(() => (told.stopped = true))
          for (; told.written < 1000; told.written++) {
            if (call.cancellation.reason) throw call.cancellation.reason
            yield textChunk(piece)
          }
          yield endChunk()
        })(),
      )
    })
    const fake = fakeGateway(adapter)
    return { ...fake, told, live: createLiveCompletions(fake) }
  }

  const settled = async (told: { written: number }) => {
    for (let last = -1; last !== told.written || last <= 0;) {
      last = told.written
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
    }
  }

  it('makes the provider of a stream wait, and gets what waited in few events', async () => {
    const { live, told } = flood()
    const started = live.start(callRequest(), { waitsForListeners: true })
    const listener = started.listen()
    await settled(told)
    expect(told.written).toBeLessThan(20)
    const heard = await all(listener)
    expect(texts(heard).join('')).toBe(piece.repeat(1000))
    expect(texts(heard)[0]?.length).toBeGreaterThan(8000)
  })

  it.each([
    ['leaves', 'leave'],
    ['is cut off', 'cut'],
  ])('that %s keeps nobody waiting', async (_, how) => {
    const { live, told, gateway, records } = flood()
    const started = live.start(callRequest(), { waitsForListeners: true })
    const listener = started.listen({ leavesForGood: () => true })
    await listener.next()
    await settled(told)
    if (how === 'cut') gateway.cut(() => true)
    else await listener.return?.()
    await vi.waitFor(() => expect(records.ended[0]?.status).toBe('CANCELLED'), { interval: 1 })
    expect(told.stopped).toBe(true)
  })

  it('does not slow down what runs on by itself', async () => {
    const { live, told } = flood()
    const started = live.start(callRequest())
    started.listen()
    await vi.waitFor(() => expect(started.endedAt).toBeDefined(), { interval: 1 })
    expect(told.written).toBe(1000)
  })
})

describe('a completion that is refused', () => {
  it('says so before it opens', async () => {
    const { gateway, clock } = fakeGateway(
      scriptedAdapter(async () => {
        throw new GatewayError('PROVIDER_NETWORK', 'refused')
      }),
    )
    const refusing = {
      ...gateway,
      run: () => Promise.reject(new GatewayError('MODEL_NOT_FOUND', 'no such model')),
    }
    const live = createLiveCompletions({ gateway: refusing, clock })
    await expect(live.start(callRequest()).opened).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
    })
  })
})

/** What a search finds, or how it is refused. */
function attempt(find: () => string): { found: string } | { code: unknown } {
  try {
    return { found: find() }
  } catch (thrown) {
    return { code: thrown instanceof GatewayError ? thrown.code : thrown }
  }
}
