import type { Viewer } from '#domain/access.ts'
import type { Allowance } from '#domain/allowance.ts'
import type { Admission } from '#domain/circuit.ts'
import { callPriority } from '#domain/call-priority.ts'
import { Cancellation } from '#domain/cancellation.ts'
import type { AnswerEnd, Chunk, ModelRequest } from '#domain/chat.ts'
import { GatewayError } from '#domain/errors.ts'
import type { JudgedTarget } from '#domain/eligible-targets.ts'
import type { ModelPrice } from '#domain/price.ts'
import type { CallRoute, RoutingWish } from '#domain/call-route.ts'
import type { ModelCapability } from '#domain/catalogued-model.ts'
import type { Resilience } from '#domain/resilience.ts'
import type { RateStanding } from '#domain/rate-limit.ts'
import type {
  ApiSurface,
  AttemptOpening,
  AttemptStatus,
  Attribution,
  Priority,
  RequestOpening,
  RequestRecord,
} from '#domain/request-record.ts'
import type { ProviderConfig, Timeouts } from '#domain/config.ts'
import type { ProviderAdapter } from '#providers/adapter.ts'
import { requestOpening } from './records.ts'
import type { TargetState } from './target-states.ts'

/** Where a call can be served. */
export interface Target {
  readonly adapter: ProviderAdapter
  /** The provider's own name for the model. */
  readonly model: string
  /** Undefined: no price is known, and the cost is UNPRICED. */
  readonly price: ModelPrice | undefined
  /** The model's output limit where the caller asks for none. */
  readonly maxOutputTokens: number
  /** The model's context window; undefined where nobody knows it. */
  readonly maxInputTokens?: number | undefined
  /** Whether the model may produce tokens that nobody is shown. */
  readonly thinks?: boolean
  readonly simulated: boolean
  /** Its share of the calls where its route is weighted. @default 1 */
  readonly weight?: number
  /** @default the provider's */
  readonly timeouts?: Timeouts
  /** @default the provider's, else the new defaults */
  readonly resilience?: Resilience
  /** The route whose own policies it has; undefined: its provider's. */
  readonly scope?: string | undefined
  /** Whether it goes on from an assistant message that stands last. @default false */
  readonly takesPrefix?: boolean
  /** Null: nobody knows. @default null */
  readonly capabilities?: readonly ModelCapability[] | null
}

/** One upstream try, as it goes. Times are monotonic milliseconds. */
export interface Attempt {
  readonly call: Call
  readonly target: Target
  /** What is known of the target, by all its attempts. */
  readonly state: TargetState
  /** What was written of it before its first byte. */
  opening: AttemptOpening
  /** What is sent: the call's request, with a limit on its output where a budget or a quota asks for one. */
  request: ModelRequest
  /** When the provider was asked: after the attempt was durable, so that waiting for it is not counted as the provider's. */
  calledAt: number
  readonly cancellation: Cancellation
  /** The right to ask the target; undefined where it has no circuit, or said no. */
  admission: Admission | undefined
  /** The budgets and quotas that it has reserved from. */
  allowances: readonly Allowance[]
  /** Whether the target counts it as its own: from its admission to its end. */
  isWorking: boolean
  /** Whether a byte may have reached the provider: from then on it may be billed. */
  sent: boolean
  /** Since when the gateway has been waiting for this provider; undefined while the caller is slow, or at the end. */
  waitingSince: number | undefined
  firstTokenAt: number | undefined
  producedBytes: number
  upstreamRequestId: string | null
  status: AttemptStatus
  endedAt: number | undefined
  end: AnswerEnd | undefined
  error: GatewayError | undefined
}

/** Is told what happens to one call; must not throw and must not wait. */
export interface CallWatcher {
  /** The call waits for a slot, with `position` calls before it. */
  queued?(position: number): void
  attemptStarted?(attempt: AttemptOpening): void
  /** The call has ended and is durably written; for a complete answer, just before its last chunk is handed out. */
  ended?(record: RequestRecord): void
}

/** What makes a call one that is run once, however often it is asked for. */
export interface Idempotency {
  /** The caller's Idempotency-Key; it counts within the tenant and the API key. */
  readonly key: string
  /** Refuses with CONFLICT while the first call runs, instead of waiting for its answer. */
  readonly noWait: boolean
  /** How long the call runs on when nobody waits for its answer any more, in ms: whoever asks again finds it. */
  readonly graceMs: number
}

/** A call that a surface hands to the gateway. */
export interface CallRequest extends Attribution {
  /** UUIDv7, made at the edge. */
  readonly id: string
  readonly viewer: Viewer
  readonly surface: ApiSurface
  readonly request: ModelRequest
  readonly priority: Priority
  readonly watcher?: CallWatcher
  /** What the caller asks of the routing; undefined: nothing. */
  readonly routing?: RoutingWish | undefined
  readonly idempotency?: Idempotency | undefined
}

/** A call on its way through the gateway. */
export interface Call extends CallRequest {
  /** As it was asked for; from the step that applies rules on, as they leave it. */
  request: ModelRequest
  /** What is known of it when it begins, with what rules add. */
  opening: RequestOpening
  readonly startedAt: number
  readonly startedAtEpochMs: number
  readonly configVersion: number
  /** The caller's wish to stop. */
  readonly cancellation: Cancellation
  /** Set by the step that authorises. */
  route: CallRoute<Target> | undefined
  /** The route's targets in the order in which they are asked, with those that are skipped. */
  plan: readonly JudgedTarget<Target>[]
  /** Those of the plan that may be asked. */
  targets: readonly Target[]
  /** That of them which is asked though it will probably fail, since all others are out. */
  lastResort: Target | undefined
  readonly attempts: Attempt[]
  /** Gives its place back; undefined while it has none. */
  slot: (() => void) | undefined
  queuedMs: number
  /** How long it has waited before it asked a target again, in ms. */
  pausedMs: number
  /** How the rate limits stand that apply to it; empty where none does. */
  rateLimits: readonly RateStanding[]
  /** Run once when the call has ended, however it ended. */
  readonly closers: (() => void)[]
}

/** Who answers, as far as a caller is told. */
export interface AnsweredBy {
  readonly upstreamRequestId: string | null
  readonly target: {
    readonly model: string
    readonly adapter: { readonly config: Pick<ProviderConfig, 'name' | 'kind'> }
  }
}

/** What a caller reads: an answer, or one that another call is given under the same idempotency key. */
export interface Reply {
  /** The call that is answered: the first one under its idempotency key. */
  readonly call: Pick<Call, 'id' | 'startedAtEpochMs' | 'request'>
  /** The attempt that answers. */
  readonly attempt: AnsweredBy
  readonly status: number
  /** Provider headers that are passed on; lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /**
   * The answer as it arrives; the last chunk carries `end`, and is handed out only after the call is durably
   * settled. Stop iterating (or cancel the call) to abandon it.
   *
   * @throws {GatewayError} Where the answer breaks off.
   */
  readonly chunks: AsyncIterable<Chunk>
  /** Set where the answer is another call's: nothing was called or charged for this one. */
  readonly isReplay?: boolean
}

/** A call's own answer. */
export interface Answer extends Reply {
  readonly call: Call
  /** The attempt that answers now: another one after a recovery. */
  attempt: Attempt
}

const noLimits: readonly RateStanding[] = []

/** Begins a call: a plain value, with nothing reserved and nothing sent. */
export function openCall(
  request: CallRequest,
  { now, epochMs, configVersion }: { now: number; epochMs: number; configVersion: number },
): Call {
  const asked = { ...request, priority: callPriority(request.viewer, request.priority) }
  return {
    ...asked,
    opening: requestOpening(asked, { epochMs, configVersion }),
    startedAt: now,
    startedAtEpochMs: epochMs,
    configVersion,
    cancellation: new Cancellation(),
    route: undefined,
    plan: [],
    targets: [],
    lastResort: undefined,
    attempts: [],
    slot: undefined,
    queuedMs: 0,
    pausedMs: 0,
    rateLimits: noLimits,
    closers: [],
  }
}

/** The reason with which a surface cancels a call whose caller has hung up. */
export function callerGone(): GatewayError {
  return new GatewayError('CANCELLED', 'The caller hung up before the answer was complete.')
}
