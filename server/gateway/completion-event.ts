import type { AnswerContent } from '#domain/answer-draft.ts'
import type { GatewayError } from '#domain/errors.ts'
import type { AttemptRecord, RequestRecord } from '#domain/request-record.ts'

/** A whole answer, with what it used and cost. */
export interface Completion extends AnswerContent {
  readonly record: RequestRecord
}

/** What happens to a completion, before it has its place in the log. */
export type CompletionNews =
  | { readonly type: 'queued'; readonly position: number }
  | { readonly type: 'started'; readonly providerName: string; readonly model: string }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  | {
      readonly type: 'tool-call'
      readonly index: number
      readonly id: string | null
      readonly name: string | null
      readonly argumentsDelta: string
    }
  /** The call goes on elsewhere after a target failed. */
  | {
      readonly type: 'fell-back'
      readonly failed: AttemptRecord
      readonly nextProviderName: string
    }
  | { readonly type: 'finished'; readonly completion: Completion }
  | {
      readonly type: 'failed'
      readonly error: GatewayError
      /** What had been produced; it has been charged. */
      readonly partialText: string
      readonly attempts: readonly AttemptRecord[]
    }

/** One entry of a completion's log. */
export type CompletionEvent = CompletionNews & {
  readonly completionId: string
  /** Dense from 0. */
  readonly seq: number
  /** Epoch milliseconds. */
  readonly at: number
}
