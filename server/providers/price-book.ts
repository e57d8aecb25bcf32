import type { ProviderConfig } from '#domain/config.ts'
import type { ModelPrice } from '#domain/price.ts'
import type { PriceOverride } from '#domain/price-override.ts'
import type { PricedModel } from './price-file.ts'
import type { PriceTable } from './price-table.ts'

/** Whose model it is. */
export type PricedProvider = Pick<ProviderConfig, 'name' | 'priceList'>

/** All prices in force: those that were set through the API, then those of the configuration, then the vendored ones. */
export interface PriceBook extends Pick<PriceTable, 'facts' | 'models'> {
  /**
   * @param model The provider's own name, exactly.
   * @param at Epoch milliseconds: the latest price that is in force then.
   */
  price(provider: PricedProvider, model: string, at: number): ModelPrice | undefined
  /** What is known of a model besides its price. */
  facts(list: string | undefined, model: string): PricedModel | undefined
  /** Puts all prices of one source in force, in place of those that it had. */
  override(source: 'API' | 'CONFIG', overrides: readonly PriceOverride[]): void
  /** Rises with every change. */
  readonly revision: number
}

type Overrides = ReadonlyMap<string, readonly ModelPrice[]>

const none: Overrides = new Map()
const keyOf = (providerName: string, model: string | undefined) =>
  JSON.stringify(model === undefined ? [providerName] : [providerName, model])

export function createPriceBook(vendored: PriceTable): PriceBook {
  const bySource = { API: none, CONFIG: none }
  let revision = 0

  const overriding = (
    overrides: Overrides,
    { provider, model, at }: { provider: PricedProvider; model: string; at: number },
  ): ModelPrice | undefined => {
    if (overrides.size === 0) return undefined
    const inForce = ({ effectiveFrom }: ModelPrice) => Date.parse(effectiveFrom) <= at
    return (
      overrides.get(keyOf(provider.name, model))?.find(inForce) ??
      overrides.get(keyOf(provider.name, undefined))?.find(inForce)
    )
  }

  return {
    facts: vendored.facts,
    models: vendored.models,
    price(provider, model, at) {
      const asked = { provider, model, at }
      return (
        overriding(bySource.API, asked) ??
        overriding(bySource.CONFIG, asked) ??
        vendored.price(provider.priceList, model, at)
      )
    },
    override(source, overrides) {
      bySource[source] = latestFirst(overrides)
      revision++
    },
    get revision() {
      return revision
    },
  }
}

function latestFirst(overrides: readonly PriceOverride[]): Overrides {
  const groups = Map.groupBy(overrides, ({ providerName, model }) => keyOf(providerName, model))
  return new Map(
    [...groups].map(([key, group]) => [
      key,
      group
        .map(({ price }) => price)
        .toSorted((a, b) => Date.parse(b.effectiveFrom) - Date.parse(a.effectiveFrom)),
    ]),
  )
}
