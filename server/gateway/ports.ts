import type { Viewer } from '#domain/access.ts'
import type { Allowance, AllowanceSubject } from '#domain/allowance.ts'
import type { AllowanceState } from '#domain/allowance-state.ts'
import type { CallRoute, RoutingWish } from '#domain/call-route.ts'
import type { Cancellation } from '#domain/cancellation.ts'
import type { ModelRequest } from '#domain/chat.ts'
import type { GatewayError } from '#domain/errors.ts'
import type { Load, SheddingPolicy } from '#domain/load-shedding.ts'
import type { Demand } from '#domain/reservation.ts'
import type { AttemptOpening, RequestOpening, RequestRecord } from '#domain/request-record.ts'
import type { RuleEffect } from '#domain/ruled-request.ts'
import type { Call, Target } from './call.ts'
import type { RulesInForce } from './call-rules.ts'
import type { KeptReply } from './kept-reply.ts'
import type { TargetStates } from './target-states.ts'

/** What an attempt has to set aside before it may be sent. */
export interface Reservation {
  readonly allowances: readonly Allowance[]
  readonly demand: Demand
  /** Earlier attempts of the call that cost nothing: what they hold of money and tokens is given back by the same write. */
  readonly free?: readonly AttemptOpening[]
  /** Ends the wait for what others hold. */
  readonly cancellation: Cancellation
}

/** Knows the budgets and quotas in force. */
export interface Allowances {
  /** Those that apply to a call at a target; often none. */
  of(subject: AllowanceSubject): readonly Allowance[]
  /** Whether models without a price may run under a blocking budget; they then cost it nothing. */
  readonly allowUnpriced: boolean
  /** What a call that states no limit of its own may produce where a limit may refuse it; undefined: the model's. */
  readonly defaultOutputTokens?: number | undefined
}

/** Reads how budgets and quotas stand; changes nothing. */
export interface AllowanceStandings {
  /** In no order. What the reader may not see is left out. */
  find(asked: {
    readonly ids: readonly string[]
    readonly reader: Viewer
  }): Promise<readonly AllowanceState[]>
}

/** Where calls are written down. Both promises resolve only when what they were given is durable. */
export interface CallRecords {
  /**
   * Writes that an attempt is under way, and its request with the first one. Awaited before the first upstream byte.
   * What `reservation` asks for is set aside by the same write, or nothing is written; it is settled with the end.
   *
   * @returns The attempt as it was written: holding no more than what was granted.
   * @throws {GatewayError} OVERLOADED when nothing can be written: no billable work without a record.
   *   BUDGET_EXCEEDED, QUOTA_EXCEEDED when what is left is too little; BUDGET_BUSY when others held it for 5 s.
   */
  begin(
    request: RequestOpening,
    attempt: AttemptOpening,
    reservation?: Reservation,
  ): Promise<AttemptOpening>
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
  /** A rule has done something to a call: `count` times since it was told last. */
  ruleActed?(effect: RuleEffect): void
  /** The call is refused because this process has too much to do; its end follows. */
  callShed?(call: RequestOpening): void
}

/** What routes are chosen by. */
export type RouteQuestion = Pick<
  Call,
  'request' | 'viewer' | 'priority' | 'tags' | 'routing' | 'startedAtEpochMs'
>

/** Decides where a call can be served. */
export interface Routes {
  /** @throws {GatewayError} INVALID_REQUEST or MODEL_NOT_FOUND. */
  route(call: RouteQuestion): CallRoute<Target>
  /** The version of the configuration that decides now. */
  readonly version: number
}

/** Knows who still has the rights with which they came in. */
export interface Rights {
  upholds(viewer: Viewer): boolean
}

/** Knows who may choose among targets by themselves. */
export interface RoutingPolicy {
  mayOverride(viewer: Viewer): boolean
}

/** Limits how much may be asked in a short window. */
export interface RateLimits {
  /**
   * Takes what a call may use from every rule that applies to it, and tells the call (`rateLimits`) how they stand.
   *
   * @param waits Told at once when the call has to wait, with how many wait before it.
   * @returns Undefined when no rule applies; else a promise of what has to be told, once, how many tokens the call used
   *   when it has ended. It rejects with RATE_LIMITED, or with the reason for which the call was cancelled; then nothing
   *   is taken.
   */
  take(
    call: Call,
    waits: (call: Call, position: number) => void,
  ): Promise<(usedTokens: number) => void> | undefined
  /**
   * The same for a call that goes on to another provider, which is now the first of its targets: only of the rules of
   * that provider, and without waiting.
   */
  takeElsewhere?(call: Call): Promise<(usedTokens: number) => void> | undefined
  /** Why they would refuse the call now; takes nothing. A rule that lets calls wait refuses none. @default nothing */
  refusals?(call: Call): Promise<readonly GatewayError[]>
}

/** Limits how many calls run at once, in all and of each provider. */
export interface Slots {
  /**
   * Takes a place for a call that has its targets, waiting by priority and age while all are taken; whoever watches the
   * call is told how many go before it, now and as they become fewer.
   *
   * @returns Undefined when the call has its place at once (`call.slot` gives it back); else a promise of what gives it
   *   back. It rejects with OVERLOADED when the call has waited too long, with QUEUE_FULL when it made
   *   room for a more urgent one, and with the reason of its cancellation.
   * @throws {GatewayError} QUEUE_FULL.
   */
  acquire(call: Call): Promise<() => void> | undefined
}

/** A call that is to run once, by what it is known to all replicas. */
export interface ReplyName {
  readonly tenantId: string
  /** Keys of different API keys have nothing to do with each other. */
  readonly apiKeyId: string | null
  readonly key: string
  /** The same key with another request is refused. */
  readonly request: ModelRequest
  /** As above: the same key with another wish is refused. */
  readonly routing?: RoutingWish | undefined
  /** The call that is to run, or runs, for the key. */
  readonly requestId: string
}

/** Who runs the call of a key. */
export type ReplyClaim =
  /** The claimer, and nobody else; `keep` or `free` must follow. */
  | { readonly state: 'MINE' }
  /** A replica that is alive. */
  | { readonly state: 'RUNNING' }
  | { readonly state: 'KEPT'; readonly reply: KeptReply }
  /** Nobody any more: its replica died. It was charged its hold, or will be. */
  | { readonly state: 'LOST'; readonly requestId: string }

/** Answers by idempotency key, the same for all replicas. */
export interface Replies {
  /**
   * Asks for the right to run a call; of all replicas one gets it.
   *
   * @throws {GatewayError} IDEMPOTENCY_CONFLICT when the key was used with another request; OVERLOADED when it cannot be
   *   known: a promise that cannot be kept is not given.
   */
  claim(name: ReplyName): Promise<ReplyClaim>
  /** Keeps the answer of a key that was claimed. Resolves when it is durable, or goes on trying. */
  keep(name: ReplyName, reply: KeptReply): Promise<void>
  /** Gives a key that was claimed back, so that the next call runs. Resolves when it is, or goes on trying. */
  free(name: ReplyName): Promise<void>
  /** Resolves when it may have changed who runs the call of a key that another replica runs, or on cancellation. */
  changed(name: ReplyName, cancellation: Cancellation): Promise<void>
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
  readonly allowances: Allowances
  /** @default nothing is told of budgets and quotas before a call */
  readonly standings?: AllowanceStandings
  readonly observer: CallObserver
  readonly routes: Routes
  /** @default everybody keeps their rights */
  readonly rights?: Rights
  /** @default everybody may override */
  readonly routingPolicy?: RoutingPolicy
  /** @default no call is rewritten */
  readonly rules?: RulesInForce
  readonly limits: RateLimits
  readonly slots: Slots
  readonly replies: Replies
  /** How hard this process works; asked by every call, so it must cost nothing. @default it never works too hard */
  readonly load?: (() => Load) | undefined
  /** What each priority bears of it. @default see load-shedding.ts */
  readonly shedding?: SheddingPolicy
  /** What is known of targets. @default nothing yet */
  readonly states?: TargetStates
  /** Numbers from 0 up to 1. @default Math.random */
  readonly chance?: () => number
  readonly clock: Clock
}
