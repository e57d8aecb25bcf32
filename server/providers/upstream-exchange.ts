import type { IncomingHttpHeaders } from 'node:http'
import type { Transform } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { Cancellation } from '#domain/cancellation.ts'
import type { GatewayError } from '#domain/errors.ts'
import { contentDecoder, isIdentity } from './content-decoder.ts'
import { ReadQueue } from './read-queue.ts'
import {
  cutAnswer,
  oddAnswer,
  redirected,
  unwantedAnswer,
  upstreamFailure,
  type UpstreamTarget,
} from './upstream-failure.ts'

/** The most that one answer may bring, decoded. */
export const maxDecodedBytes = 64 * 1024 * 1024
/** More than this unread, and the provider waits: with all that sockets hold, an answer takes 256 kB at the most. */
const highWaterBytes = 32 * 1024
const lowWaterBytes = 16 * 1024
/** How much, and for how long, the rest of an answer is awaited that nobody wants, to keep its connection. */
const discardBytes = 64 * 1024
const discardMs = 1000
const tooLarge = `an answer of more than ${maxDecodedBytes / 1024 / 1024} MiB`

/** Header names are lower-case. */
export type UpstreamHeaders = Readonly<IncomingHttpHeaders>

interface Waiter<Value> {
  readonly resolve: (value: Value) => void
  readonly reject: (reason: GatewayError) => void
}

/** One request and its answer, as undici tells them. Every way of failing ends in one GatewayError. */
export class Exchange implements Dispatcher.DispatchHandler {
  status = 0
  headers: UpstreamHeaders = {}
  readonly #target: UpstreamTarget
  readonly #onSent: (() => void) | undefined
  readonly #forget: (() => void) | undefined
  #begun: Waiter<Exchange> | undefined
  #controller: Dispatcher.DispatchController | undefined
  #decoder: Transform | undefined
  #encoding: string | undefined
  readonly #reads = new ReadQueue()
  #decoded = 0
  #received = 0
  #expected = -1
  #state: 'reading' | 'collecting' | 'discarding' | 'ended' | 'failed' = 'reading'
  #paused = false
  #failure: GatewayError | undefined
  #reader: Waiter<Buffer | undefined> | undefined
  #collector: Waiter<Buffer> | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(
    target: UpstreamTarget,
    { cancellation, onSent }: { cancellation: Cancellation; onSent: (() => void) | undefined },
  ) {
    this.#target = target
    this.#onSent = onSent
    this.#forget = cancellation.onCancel((reason) => this.abort(reason))
  }

  /** Resolves when the answer's headers are there. */
  begin(): Promise<Exchange> {
    if (this.#failure) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => (this.#begun = { resolve, reject }))
  }

  /** The next piece of the body, as it came from the network; undefined at its end. One reader at a time. */
  read(): Promise<Buffer | undefined> {
    const next = this.#reads.shift()
    if (next) {
      if (this.#paused && this.#reads.size < lowWaterBytes) this.#resume()
      return Promise.resolve(next)
    }
    if (this.#failure) return Promise.reject(this.#failure)
    if (this.#state === 'ended') return Promise.resolve(undefined)
    return new Promise((resolve, reject) => (this.#reader = { resolve, reject }))
  }

  /** All that is left of the body. */
  whole(): Promise<Buffer> {
    if (this.#failure) return Promise.reject(this.#failure)
    if (this.#state === 'ended') return Promise.resolve(this.#reads.takeAll())
    this.#state = 'collecting'
    if (this.#paused) this.#resume()
    return new Promise((resolve, reject) => (this.#collector = { resolve, reject }))
  }

  /** Ends the interest in an answer whose rest can only be a few bytes, so that its connection stays usable. */
  discard(): void {
    if (this.#state === 'ended' || this.#state === 'failed') return
    this.#state = 'discarding'
    this.#decoded = 0
    this.#reads.clear()
    this.#timer = setTimeout(() => this.abort(unwantedAnswer(this.#target)), discardMs).unref()
    if (this.#paused) this.#resume()
  }

  /** Gives up: what is pending rejects with `reason`, and the connection is closed at once. */
  abort(reason: GatewayError = unwantedAnswer(this.#target)): void {
    this.#fail(reason)
    this.#reads.clear()
    this.#controller?.abort(reason)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#failure) throw this.#failure
    this.#controller = controller
    this.#onSent?.()
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (status < 200) return
    this.status = status
    this.headers = headers
    if (status < 400 && status >= 300) {
      return this.abort(redirected(this.#target, status, headers.location))
    }
    const length = status === 204 ? undefined : headers['content-length']
    if (length !== undefined && /^\d{1,15}$/.test(length)) this.#expected = Number(length)
    const encoding = headers['content-encoding']?.trim().toLowerCase()
    if (!isIdentity(encoding)) this.#encoding = encoding
    this.#begun?.resolve(this)
  }

  onResponseData(_: Dispatcher.DispatchController, bytes: Buffer): void {
    this.#received += bytes.length
    if (this.#encoding === undefined) return this.#push(bytes)
    this.#decoder ??= this.#decode(this.#encoding, bytes)
    if (!this.#decoder || this.#decoder.write(bytes)) return
    this.#controller?.pause()
    this.#decoder.once('drain', () => this.#controller?.resume())
  }

  onResponseEnd(): void {
    if (this.#expected > this.#received) {
      return this.#fail(cutAnswer(this.#target, `${this.#received} of ${this.#expected} bytes`))
    }
    if (this.#decoder) this.#decoder.end()
    else this.#end()
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#fail(upstreamFailure(error, this.#target))
  }

  #push(bytes: Buffer): void {
    if (this.#state === 'ended' || this.#state === 'failed') return
    this.#decoded += bytes.length
    if (this.#state === 'discarding') {
      if (this.#decoded > discardBytes) this.abort(unwantedAnswer(this.#target))
      return
    }
    if (this.#decoded > maxDecodedBytes) return this.#refuse(tooLarge)
    if (this.#reader) {
      const { resolve } = this.#reader
      this.#reader = undefined
      return resolve(bytes)
    }
    this.#reads.push(bytes)
    if (this.#state === 'reading' && this.#reads.size > highWaterBytes) this.#pause()
  }

  /** Stops and restarts whoever feeds `#push`. */
  #pause(): void {
    this.#paused = true
    ;(this.#decoder ?? this.#controller)?.pause()
  }

  #resume(): void {
    this.#paused = false
    ;(this.#decoder ?? this.#controller)?.resume()
  }

  #decode(encoding: string, first: Buffer): Transform | undefined {
    const decoder = contentDecoder(encoding, first)
    if (!decoder) this.#refuse(`an answer in an unknown encoding (${encoding.slice(0, 40)})`)
    return decoder
      ?.on('data', (bytes: Buffer) => this.#push(bytes))
      .on('end', () => this.#end())
      .on('error', () => this.#refuse(`an answer whose ${encoding} encoding is broken or cut`))
  }

  #refuse(what: string): void {
    this.abort(oddAnswer(this.#target, what))
  }

  #end(): void {
    if (this.#failure) return
    this.#state = 'ended'
    this.#release()
    this.#reader?.resolve(undefined)
    this.#reader = undefined
    if (this.#collector) this.#collector.resolve(this.#reads.takeAll())
  }

  #fail(reason: GatewayError): void {
    if (this.#state === 'ended' || this.#state === 'failed') return
    this.#state = 'failed'
    this.#failure = reason
    this.#release()
    this.#decoder?.destroy()
    this.#begun?.reject(reason)
    this.#reader?.reject(reason)
    this.#collector?.reject(reason)
  }

  #release(): void {
    this.#forget?.()
    clearTimeout(this.#timer)
  }
}
