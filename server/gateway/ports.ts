import type { Viewer } from '#domain/access.ts'
import type { ModelRequest } from '#domain/chat.ts'
import type { AttemptOpening, RequestOpening, RequestRecord } from '#domain/request-record.ts'
import type { Call, Target } from './call.ts'

/** Where calls are written down. Both promises resolve only when what they were given is durable. */
export interface CallRecords {
  /**
   * Writes that an attempt is under way, and its request with the first one. Awaited before the first upstream byte.
   *
   * @throws {GatewayError} OVERLOADED when nothing can be written: no billable work without a record.
   */
  begin(request: RequestOpening, attempt: AttemptOpening): Promise<void>
  /**
   * Writes how a call ended: request, attempts, ledger and roll-ups in one transaction; awaited before its last byte
   * leaves. Also for calls that were refused before any attempt. At most one end counts for a request.
   */
  end(record: RequestRecord): Promise<void>
}

/** Is told what happens to calls; must not throw and must not wait. */
export interface CallObserver {
  callStarted(call: RequestOpening): void
  /** The call waits for a slot; the provider is the one that is to be asked first. */
  callQueued?(call: RequestOpening, providerName: string): void
  /** The call has a provider that works for it. */
  attemptStarted(call: RequestOpening, attempt: AttemptOpening): void
  callEnded(record: RequestRecord): void
}

/** Decides where a call can be served. */
export interface Routes {
  /**
   * @returns At least one target, in the order in which they are to be tried.
   * @throws {GatewayError} INVALID_REQUEST or MODEL_NOT_FOUND.
   */
  targets(request: ModelRequest, viewer: Viewer): readonly Target[]
  /** The version of the configuration that decides now. */
  readonly version: number
}

/** Limits how many calls run at once. */
export interface Slots {
  /** How many calls wait. */
  readonly waiting: number
  /**
   * Takes a place, waiting in order while all are taken.
   *
   * @returns Undefined when the call has its place at once (and gives it back by its closers); else a promise of
   *   what gives it back. A call that is cancelled leaves the queue, and the promise rejects with its reason.
   * @throws {GatewayError} QUEUE_FULL.
   */
  acquire(call: Call): Promise<() => void> | undefined
}

export interface Clock {
  /** Monotonic milliseconds, for durations and deadlines. */
  now(): number
  /** Milliseconds since the epoch, UTC. */
  epochMs(): number
  /** Calls `tick` every `ms` until the returned function is called; does not keep the process alive. */
  every(ms: number, tick: () => void): () => void
}

export interface GatewayPorts {
  readonly records: CallRecords
  readonly observer: CallObserver
  readonly routes: Routes
  readonly slots: Slots
  readonly clock: Clock
}
