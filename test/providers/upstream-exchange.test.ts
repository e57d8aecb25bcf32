import type { Dispatcher } from 'undici'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Cancellation } from '#domain/cancellation.ts'
import { Exchange, maxDecodedBytes } from '#providers/upstream-exchange.ts'

/** Stands in for undici's end of one request. */
class FakeController implements Dispatcher.DispatchController {
  aborted = false
  paused = false
  reason: Error | null = null
  abort(reason: Error) {
    this.aborted = true
    this.reason = reason
  }
  pause() {
    this.paused = true
  }
  resume() {
    this.paused = false
  }
}

const kilobytes = (count: number) => Buffer.alloc(count * 1024)

let controller: FakeController
let exchange: Exchange

beforeEach(() => {
  vi.useFakeTimers()
  controller = new FakeController()
  exchange = new Exchange(
    { provider: 'openai', origin: 'http://a.test', model: 'm' },
    { cancellation: new Cancellation(), onSent: undefined },
  )
  exchange.onRequestStart(controller)
  exchange.onResponseStart(controller, 200, {})
})

afterEach(() => vi.useRealTimers())

describe('an exchange', () => {
  it('makes the provider wait at 32 kB unread, and go on when little is left', async () => {
    exchange.onResponseData(controller, kilobytes(32))
    expect(controller.paused).toBe(false)
    exchange.onResponseData(controller, kilobytes(64))
    expect(controller.paused).toBe(true)
    for (let count = 0; count < 5; count++) await exchange.read()
    expect(controller.paused).toBe(true)
    await exchange.read()
    expect(controller.paused).toBe(false)
  })

  it('hands many small pieces that wait out as few', async () => {
    for (let count = 0; count < 500; count++)
      exchange.onResponseData(controller, Buffer.from(`piece ${count}\n`))
    exchange.onResponseEnd()
    const all = await exchange.read()
    expect(String(all)).toMatch(/^piece 0\n[^]*piece 499\n$/)
    expect(await exchange.read()).toBeUndefined()
  })

  it('lets the provider go on when all is wanted at once', async () => {
    for (let count = 0; count < 5; count++) exchange.onResponseData(controller, kilobytes(64))
    const whole = exchange.whole()
    expect(controller.paused).toBe(false)
    exchange.onResponseData(controller, kilobytes(1024))
    expect(controller.paused).toBe(false)
    exchange.onResponseEnd()
    expect((await whole).length).toBe(5 * 65_536 + 1_048_576)
  })

  it('refuses more than its limit, however slowly it is read', async () => {
    const half = Buffer.alloc(maxDecodedBytes / 2)
    for (let count = 0; count < 2; count++) {
      exchange.onResponseData(controller, half)
      await exchange.read()
    }
    expect(controller.aborted).toBe(false)
    exchange.onResponseData(controller, Buffer.of(1))
    expect(controller.aborted).toBe(true)
    await expect(exchange.read()).rejects.toMatchObject({ code: 'PROVIDER_PROTOCOL' })
  })

  it('closes the connection when the rest that was let go does not end', () => {
    exchange.discard()
    vi.advanceTimersByTime(900)
    expect(controller.aborted).toBe(false)
    vi.advanceTimersByTime(200)
    expect(controller.aborted).toBe(true)
  })

  it('closes the connection when the rest that was let go is long', () => {
    exchange.discard()
    exchange.onResponseData(controller, kilobytes(60))
    expect(controller.aborted).toBe(false)
    exchange.onResponseData(controller, kilobytes(60))
    expect(controller.aborted).toBe(true)
  })

  it('leaves no timer behind', () => {
    exchange.discard()
    exchange.onResponseEnd()
    expect(vi.getTimerCount()).toBe(0)
  })
})
