import type { AllowanceUnit } from './allowance.ts'
import type { FinishReason } from './chat.ts'
import type { ErrorCode } from './errors.ts'
import type { Ticks } from './money.ts'
import type { Cost } from './price.ts'
import type { TokenUsage } from './usage.ts'

export type RequestStatus = 'IN_PROGRESS' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED' | 'REFUSED'
export type AttemptStatus =
  | 'IN_PROGRESS'
  | 'SUCCEEDED'
  | 'FAILED'
  | 'TIMED_OUT'
  | 'SKIPPED_CIRCUIT_OPEN'
  | 'SKIPPED_RATE_LIMITED'
  | 'SKIPPED_INCAPABLE'
  | 'CANCELLED'
export type ApiSurface =
  | 'GRAPHQL'
  | 'OPENAI_CHAT'
  | 'OPENAI_RESPONSES'
  | 'OPENAI_EMBEDDINGS'
  | 'ANTHROPIC_MESSAGES'
  | 'MCP'
  | 'AGENT'
  | 'PLAYGROUND'
  | 'REPLAY'
  | 'CLI'
export type Priority = 'LOW' | 'NORMAL' | 'HIGH' | 'CRITICAL'

/** Who and what a call is attributed to, as the caller says. */
export interface Attribution {
  readonly clientIp: string | null
  readonly endUser: string | null
  readonly sessionId: string | null
  readonly tags: readonly string[]
  readonly metadata: Readonly<Record<string, unknown>> | null
  readonly traceId: string | null
}

/** What is known of a call when it begins. Instants are epoch milliseconds, UTC. */
export interface RequestOpening extends Attribution {
  /** UUIDv7; also the X-Request-ID. */
  readonly id: string
  readonly tenantId: string
  /** The project of the key. */
  readonly projectId: string | null
  readonly apiKeyId: string | null
  readonly createdAt: number
  readonly surface: ApiSurface
  readonly requestedModel: string
  readonly stream: boolean
  readonly priority: Priority
  readonly configVersion: number
}

/** The most that an attempt can use and cost: what it is charged when nobody lived to see how it ended. */
export interface Hold {
  readonly inputTokens: number
  readonly outputTokens: number
  /** Null when no price is known. */
  readonly cost: Ticks | null
  readonly priceVersion: string | null
}

/** What an attempt holds of an allowance's window, in the allowance's unit. */
export interface HeldWindow {
  readonly id: string
  readonly unit: AllowanceUnit
  readonly held: bigint
}

/** What is durable of an attempt before its first upstream byte. */
export interface AttemptOpening {
  /** From 0, in order. */
  readonly index: number
  readonly providerName: string
  readonly model: string
  /** Served by the simulator: kept out of real totals. */
  readonly simulated: boolean
  readonly startedAt: number
  readonly hold: Hold
  /** The windows of allowances that it holds something of; absent where none applies. */
  readonly windows?: readonly HeldWindow[]
}

export interface AttemptFailure {
  readonly code: ErrorCode
  readonly message: string
  readonly retryable: boolean
  readonly httpStatus: number | null
}

/** An attempt that has ended. Durations are milliseconds. */
export interface AttemptRecord extends AttemptOpening {
  readonly status: AttemptStatus
  readonly durationMs: number
  readonly timeToFirstTokenMs: number | null
  readonly error: AttemptFailure | null
  readonly upstreamRequestId: string | null
  /** Null when the provider did not work for it (refused, never sent). `source` flags our own counts. */
  readonly usage: TokenUsage | null
  readonly cost: Cost | null
  /** As the provider echoed it: the rates that it was priced by. */
  readonly serviceTier?: string
  /** What the price table says, where the provider has reported another truth. */
  readonly computedCost?: Ticks | null
}

/** A call that has ended, as it is stored, shown and counted. */
export interface RequestRecord extends RequestOpening {
  readonly status: Exclude<RequestStatus, 'IN_PROGRESS'>
  readonly finishedAt: number
  readonly providerName: string | null
  readonly servedModel: string | null
  readonly simulated: boolean
  readonly finishReason: FinishReason | null
  readonly latencyMs: number
  readonly timeToFirstTokenMs: number | null
  readonly queuedMs: number
  /** Latency minus waiting for providers and in the queue. */
  readonly overheadMs: number
  /** Sums over the attempts that were, or may have been, billed; null when there was none. */
  readonly usage: TokenUsage | null
  readonly cost: Cost | null
  readonly errorCode: ErrorCode | null
  readonly errorMessage: string | null
  readonly httpStatus: number | null
  /** The budget or quota that refused it. */
  readonly refusedBy?: string
  readonly attempts: readonly AttemptRecord[]
}
