import type { Priority } from '#domain/request-record.ts'
import type { WrittenWish } from '#domain/routing-wish.ts'

interface ContentPart {
  readonly text?: string | null
  readonly imageUrl?: string | null
  readonly imageBase64?: { readonly mediaType: string; readonly data: string } | null
  readonly audio?: { readonly format: string; readonly data: string } | null
}

export interface Message {
  readonly role: 'SYSTEM' | 'DEVELOPER' | 'USER' | 'ASSISTANT' | 'TOOL'
  readonly content: readonly ContentPart[]
  readonly name?: string | null
  readonly toolCallId?: string | null
  readonly toolCalls?:
    | readonly { readonly id: string; readonly name: string; readonly argumentsJson: string }[]
    | null
}

/** A completion as it is asked for by GraphQL. */
export interface CompletionChoice {
  readonly model: string
  readonly messages: readonly Message[]
  readonly temperature?: number | null
  readonly topP?: number | null
  readonly maxOutputTokens?: number | null
  readonly stop?: readonly string[] | null
  readonly seed?: number | null
  readonly tools?:
    | readonly {
        readonly name: string
        readonly description?: string | null
        readonly parameters?: unknown
        readonly strict?: boolean | null
      }[]
    | null
  readonly toolChoice?: string | null
  readonly responseFormat?: {
    readonly text?: boolean | null
    readonly jsonObject?: boolean | null
    readonly jsonSchema?: {
      readonly name: string
      readonly schema?: unknown
      readonly strict?: boolean | null
    } | null
  } | null
  readonly reasoningEffort?: string | null
  readonly routing?: WrittenWish | null
  readonly priority?: Priority | null
  readonly endUser?: string | null
  readonly sessionId?: string | null
  readonly tags?: readonly string[] | null
  readonly metadata?: unknown
  readonly providerOptions?: unknown
  readonly idempotencyKey?: string | null
}
