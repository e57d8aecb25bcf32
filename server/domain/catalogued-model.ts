import type { ModelPrice } from './price.ts'

export type ModelCapability =
  | 'STREAMING'
  | 'TOOLS'
  | 'VISION'
  | 'AUDIO'
  | 'JSON_SCHEMA'
  | 'REASONING'
  | 'WEB_SEARCH'
  | 'EMBEDDINGS'

/** A model that can be asked for, with what is known of it. */
export interface CataloguedModel {
  readonly providerName: string
  /** The provider's own name for it. */
  readonly id: string
  readonly contextWindow: number | null
  readonly maxOutputTokens: number | null
  readonly capabilities: readonly ModelCapability[]
  /** Null: no price is known. */
  readonly price: ModelPrice | null
  readonly aliases: readonly string[]
  /** Whether its provider lists it now, and can be called. */
  readonly available: boolean
}
