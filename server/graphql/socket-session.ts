import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import type { Viewer } from '#domain/access.ts'
import type { Cancellation } from '#domain/cancellation.ts'
import { GatewayError } from '#domain/errors.ts'
import { checkJsonText } from '#domain/json-text.ts'
import { callerGone } from '#gateway/call.ts'

/** Close codes of graphql-ws, and of WebSocket itself. */
export const closeCodes = {
  goingAway: 1001,
  tooLarge: 1009,
  tryAgainLater: 1013,
  badMessage: 4400,
  forbidden: 4403,
} as const

/** What a client may send before it has said who it is. */
const maxEarlyBytes = 65_536
/** How long a client may take nothing of what waits for it. */
const stallMs = 10_000
const pingEveryMs = 15_000
/** How long a close may take before the connection is cut. */
const closingMs = 5000
/** While more than this waits, live figures are left out: the next ones are newer. */
const busyBytes = 65_536

export interface RunningOperation {
  readonly cancellation: Cancellation
  /** Whether it goes on until somebody ends it, as live figures do. */
  readonly endless: boolean
}

/** One client's WebSocket. Times are monotonic milliseconds. */
export class SocketSession {
  readonly socket: WebSocket
  readonly request: IncomingMessage
  readonly clientIp: string | null
  viewer: Viewer | undefined
  /** Whether the client called itself the dashboard's playground. */
  isPlayground = false
  /** Whether the socket has gone: what it carried was lost, not completed. */
  lost = false
  readonly #raw: Socket
  readonly #operations = new Map<string, RunningOperation>()
  #earlyBytes = 0
  #sent = 0
  #progressAt: number
  #pingAt: number
  #pongAt: number
  #closingSince: number | undefined

  constructor(
    socket: WebSocket,
    {
      request,
      raw,
      clientIp,
      now,
    }: { request: IncomingMessage; raw: Socket; clientIp: string | null; now: number },
  ) {
    this.socket = socket
    this.request = request
    this.clientIp = clientIp
    this.#raw = raw
    this.#progressAt = this.#pingAt = this.#pongAt = now
    raw.on('data', this.#countEarly)
  }

  /** The client has said who it is: the limit of bodies holds from now on. */
  admit(viewer: Viewer): void {
    this.viewer = viewer
    this.#raw.off('data', this.#countEarly)
  }

  close(code: number, reason: string): void {
    this.socket.close(code, reason)
  }

  /** Told by the client's pong. */
  answered(now: number): void {
    this.#pongAt = now
  }

  /** Looks after the connection: pings it, and closes it when the client takes nothing or is gone. */
  check(now: number): void {
    if (this.socket.readyState !== this.socket.OPEN) {
      this.#closingSince ??= now
      if (now - this.#closingSince >= closingMs) this.socket.terminate()
      return
    }
    const flushed = this.#raw.bytesWritten - this.#raw.writableLength
    if (this.socket.bufferedAmount === 0 || flushed > this.#sent) this.#progressAt = now
    this.#sent = flushed
    if (now - this.#progressAt >= stallMs)
      this.close(closeCodes.tryAgainLater, 'The client does not read what it is sent.')
    if (now - this.#pingAt < pingEveryMs) return
    if (this.#pongAt < this.#pingAt - pingEveryMs) this.socket.terminate()
    this.#pingAt = now
    this.socket.ping()
  }

  send(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.socket.readyState !== this.socket.OPEN) resolve()
      else this.socket.send(text, (error) => (error ? reject(error) : resolve()))
    })
  }

  /** Sends a result whose JSON is the same for many, unless the client is behind. */
  feed(operationId: string, payload: string): void {
    const { bufferedAmount, OPEN, readyState } = this.socket
    if (readyState !== OPEN || bufferedAmount > busyBytes) return
    this.socket.send(`{"id":${JSON.stringify(operationId)},"type":"next","payload":${payload}}`)
  }

  /** Whether it carries something that comes to an end by itself: an answer that is worth waiting for. */
  get isBusy(): boolean {
    for (const { endless } of this.#operations.values()) if (!endless) return true
    return false
  }

  begin(operationId: string, operation: RunningOperation): void {
    this.#operations.set(operationId, operation)
  }

  ended(operationId: string): void {
    this.#operations.delete(operationId)
  }

  /** Says to what the client completed, or left behind, that nobody waits any more. */
  abandon(operationId?: string): void {
    for (const [id, { cancellation }] of this.#operations) {
      if (operationId !== undefined && operationId !== id) continue
      this.#operations.delete(id)
      cancellation.cancel(callerGone())
    }
  }

  /**
   * Checks a message before it is taken apart.
   *
   * @returns Whether it may be.
   */
  accepts(text: string): boolean {
    // Whoever was told to go may go on sending until the connection is cut.
    if (this.socket.readyState !== this.socket.OPEN) return false
    try {
      checkJsonText(text)
    } catch {
      this.close(closeCodes.badMessage, 'Invalid message received')
      return false
    }
    const completed =
      text.length < 1000 && text.includes('"complete"') ? completedId(text) : undefined
    if (completed !== undefined) this.abandon(completed)
    return true
  }

  readonly #countEarly = (part: Buffer): void => {
    this.#earlyBytes += part.length
    if (this.#earlyBytes > maxEarlyBytes)
      this.close(closeCodes.tooLarge, 'Too large before connection_init')
  }
}

function completedId(text: string): string | undefined {
  try {
    const { type, id } = JSON.parse(text) as { type?: unknown; id?: unknown }
    return type === 'complete' && typeof id === 'string' ? id : undefined
  } catch {
    return undefined
  }
}

/** The refusal of one subscription too many. */
export function tooManySubscriptions(limit: number): GatewayError {
  return new GatewayError(
    'OVERLOADED',
    `A socket carries at most ${limit} operations at once; open another.`,
  )
}
