import type { Ticks } from './money.ts'
import type { TokenUsage } from './usage.ts'

export type FinishReason =
  | 'STOP'
  | 'LENGTH'
  | 'TOOL_CALLS'
  | 'CONTENT_FILTER'
  | 'ERROR'
  | 'CANCELLED'

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined
}

/** What an application asks of a model, in OpenAI's wire format, whichever door it came through. */
export interface ModelRequest {
  readonly operation: 'chat' | 'embeddings'
  /** As asked: `provider:model`, an alias or a bare name. */
  readonly model: string
  /** Whether the caller reads the answer as it is produced. */
  readonly stream: boolean
  /** The request as JSON text. It is what adapters patch and forward, so that nothing unknown and no digit is lost. */
  readonly text: string
  /** The same, parsed, for those who need to look; integers beyond 2^53 are inexact here. */
  readonly body: JsonObject
}

/** One piece of an answer, in the normal form, of the first choice. */
export type ChatEvent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  | { readonly type: 'refusal'; readonly text: string }
  | {
      readonly type: 'tool-call'
      readonly index: number
      readonly id?: string
      readonly name?: string
      readonly argumentsDelta: string
    }
  | { readonly type: 'citation'; readonly url: string | null; readonly title: string | null }

/** How an answer ended, as the provider tells it. */
export interface AnswerEnd {
  readonly finishReason: FinishReason
  /** Absent when the provider sent none, or none that can be believed. */
  readonly usage?: TokenUsage | undefined
  /** What the provider says it billed. */
  readonly reportedCost?: Ticks | undefined
  /** The model as the provider names it. */
  readonly servedModel?: string | undefined
  /** The service tier that the provider echoes; it sets the price. */
  readonly serviceTier?: string | undefined
}

/** What one read from the provider brought. */
export interface Chunk {
  /** Empty in a chunk without bytes: the provider is at work, but has said nothing yet. */
  readonly events: readonly ChatEvent[]
  /** Bytes for a caller who speaks OpenAI's wire format; absent where the provider speaks another. */
  readonly raw?: Uint8Array
  /**
   * UTF-8 bytes of text, reasoning, refusals and tool arguments in this chunk, over all choices: an upper bound of
   * the output tokens so far.
   */
  readonly producedBytes: number
  /** Nothing but keep-alive comments: the connection lives, but the provider has not gone on. */
  readonly isComment?: boolean
  /** Present on the last chunk, and only there: an answer without it was cut. */
  readonly end?: AnswerEnd
}
