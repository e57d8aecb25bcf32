import type { ErrorCode } from '#domain/errors.ts'
import type { Behaviour } from './double-exchange.ts'

/** The doubles of the house: the third one goes on from an assistant message that stands last, the others begin anew. */
export type DoubleName = 'first' | 'second' | 'third'

/** A target of a case's route: what its requests are met with, one after another; the last one stays. */
export interface PlayedTarget {
  readonly at: DoubleName
  readonly plays: readonly Behaviour[]
  /** Its deadlines, as the file writes them, where it is meant to miss one. @default those that nobody misses */
  readonly timeouts?: Readonly<Record<string, number>> | undefined
  /** How often it ought to be asked. */
  readonly asked: number
}

/** One call to a route of its own, and what ought to come of it. */
export interface FaultCase {
  /** A sentence's subject: what happens, to whom. */
  readonly name: string
  readonly stream: boolean
  readonly temperature?: number
  /** In the order in which they are asked. */
  readonly targets: readonly PlayedTarget[]
  /** What the route says besides its targets, as the file writes it. */
  readonly route?: Readonly<Record<string, unknown>>
  readonly expected: Expected
}

/** What ought to come of a call. */
export interface Expected {
  readonly status: number
  /** With which the call ends, by its status or in its stream; null: it is answered. */
  readonly code: ErrorCode | null
  /** How much of an answer the caller reads: all of one, or so many of its first tokens. */
  readonly reads: 'WHOLE' | number
}

/** Statuses of our own, by the error that they stand for. */
export const statusOf = {
  PROVIDER_RATE_LIMITED: 429,
  PROVIDER_QUOTA: 429,
  PROVIDER_AUTH: 502,
  PROVIDER_UNAVAILABLE: 503,
  PROVIDER_TIMEOUT: 504,
  PROVIDER_PROTOCOL: 502,
  PROVIDER_NETWORK: 502,
  PROVIDER_REJECTED: 400,
  CONTEXT_LENGTH_EXCEEDED: 400,
  CONTENT_BLOCKED: 400,
} as const satisfies Partial<Record<ErrorCode, number>>

/** How a provider's failure is named. */
export type FaultCode = keyof typeof statusOf

export const answered: Expected = { status: 200, code: null, reads: 'WHOLE' }
