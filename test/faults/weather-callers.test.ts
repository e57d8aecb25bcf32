import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { breachesOf, totalsOf } from '#test/support/allowances.ts'
import { ask } from './caller.ts'
import { type BillEntry, chargeOf } from './double-bill.ts'
import type { Behaviour } from './double-exchange.ts'
import { type FaultHouse, openHouse } from './fault-house.ts'
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts'
import { readCalls } from './fault-rows.ts'
import { type ProviderDouble, startDouble } from './provider-double.ts'
import { refuses } from './refusals.ts'
import { saysNothing } from './silences.ts'
import { breaksOff } from './broken-answers.ts'

describe('between a caller and the gateway', () => {
  let double: ProviderDouble
  let other: ProviderDouble
  let house: FaultHouse
  let proxy: FaultProxy

  beforeAll(async () => {
    double = await startDouble({ name: 'double' })
    other = await startDouble({ name: 'other' })
    house = await openHouse({
      providers: {
        double: { double, retries: { cap_ms: 8_000 } },
        other: { double: other },
      },
      models: ['calm', 'left', 'guarded'],
      routes: { guarded: { targets: ['double:guarded', 'other:guarded'], recovery: 'align' } },
    })
    proxy = await startFaultProxy(Number(new URL(house.origin).port))
  })
  afterAll(async () => {
    await proxy?.close()
    await house?.close()
    await double?.close()
    await other?.close()
  })

  const origin = () => `http://127.0.0.1:${proxy.port}`

  it.each([
    [{ latencyMs: 20 }],
    [{ bytesPerSecond: 30_000 }],
    [{ sliceBytes: 1 }],
    [{ sliceBytes: 100, latencyMs: 1 }],
  ])('%o costs nobody a word', async (weather) => {
    proxy.up = proxy.down = weather
    for (const stream of [true, false]) {
      const heard = await ask(origin(), { model: 'double:calm', stream })
      expect(heard).toMatchObject({ status: 200, code: null, isWhole: true })
      expect(double.bill.at(-1)?.text).toBe(heard.text)
    }
    proxy.up = proxy.down = {}
  })

  /** Sends a call through the proxy, byte for byte; answers are not read. */
  function send(user: string, { stream = true, model = 'double:left' } = {}) {
    const body = JSON.stringify({
      model,
      temperature: 0,
      messages: [{ role: 'user', content: 'hi' }],
      user,
      stream,
    })
    const socket = connect(proxy.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.resume()
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    )
    return socket
  }

  const beforeHeaders: Behaviour = saysNothing
  const inTheMiddle = breaksOff('a stall', 30)

  it.each([
    ['a reset before the headers', beforeHeaders, true, 'RESET'],
    ['a reset before a whole answer', beforeHeaders, false, 'RESET'],
    ['a reset in the middle', inTheMiddle, true, 'RESET'],
    ['a hang-up before the headers', beforeHeaders, true, 'HANG_UP'],
    ['a hang-up before a whole answer', beforeHeaders, false, 'HANG_UP'],
    ['a hang-up in the middle', inTheMiddle, true, 'HANG_UP'],
  ] as const)(
    '%s stops the provider within 500 ms, and is settled',
    async (user, does, stream, how) => {
      double.play('left', does)
      const arrived = double.next()
      const socket = send(user, { stream })
      const entry: BillEntry = await arrived
      if (does === inTheMiddle) await new Promise((resolve) => socket.once('data', resolve))
      const since = performance.now()
      if (how === 'RESET') proxy.resetAll()
      else socket.destroy()
      await entry.over
      expect(entry.leftAt).toBeDefined()
      expect(entry.leftAt! - since).toBeLessThan(500)
      const call = await cancelled(user)
      expect(call?.attempts).toHaveLength(1)
      const [attempt] = call?.attempts ?? []
      expect(attempt?.flagged).toBe(true)
      expect(attempt?.cost).toBeGreaterThanOrEqual(chargeOf(entry))
      expect(attempt?.hold).toBeGreaterThanOrEqual(attempt?.cost ?? 0n)
    },
  )

  const cancelled = (user: string) =>
    vi.waitFor(async () => {
      const row = (await readCalls(house.databaseUrl)).get(user)
      expect(row?.status).toBe('CANCELLED')
      return row
    })

  it('who leaves while the gateway waits for its second try is tried for no more', async () => {
    double.play('left', refuses(503, { headers: { 'retry-after': '2' } }))
    const arrived = double.next()
    const socket = send('impatient')
    const entry = await arrived
    await entry.over
    socket.destroy()
    expect((await cancelled('impatient'))?.attempts).toHaveLength(1)
    expect(double.bill.at(-1)).toBe(entry)
  })

  it('who leaves a stream that stalls has it taken up by nobody', async () => {
    double.play('guarded', inTheMiddle)
    const arrived = double.next()
    const socket = send('gone', { model: 'guarded' })
    const entry = await arrived
    await new Promise((resolve) => socket.once('data', resolve))
    socket.destroy()
    await entry.over
    expect((await cancelled('gone'))?.attempts).toHaveLength(1)
    expect(other.bill).toEqual([])
  })

  it('half a request is no call', async () => {
    const before = double.bill.length
    proxy.up = { fault: { at: 150, kind: 'RESET' } }
    const socket = send('half a request')
    await new Promise((resolve) => socket.once('close', resolve))
    proxy.up = {}
    expect(await ask(origin(), { model: 'double:calm', stream: false })).toMatchObject({
      status: 200,
    })
    expect(double.bill.length).toBe(before + 1)
    expect((await readCalls(house.databaseUrl)).has('half a request')).toBe(false)
  })

  it('nothing stays held', async () => {
    expect(await totalsOf(house.databaseUrl, house.budget)).toMatchObject({ held: 0n, overage: 0n })
    expect(await breachesOf(house.databaseUrl)).toEqual([])
  })
})
