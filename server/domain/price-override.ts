import type { ModelPrice } from './price.ts'

/** A price that somebody has set for a model of a provider, in place of the one that comes with the product. */
export interface PriceOverride {
  readonly providerName: string
  /** The provider's own name for it; undefined: all of its models, for providers that send no bill. */
  readonly model: string | undefined
  readonly price: ModelPrice
}
