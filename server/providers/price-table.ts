import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ModelPrice } from '#domain/price.ts'
import { type PricedModel, type PriceList, readPriceFile } from './price-file.ts'

/** Prices and facts of models, looked up by exact name: a name that is not in the table has no price. */
export interface PriceTable {
  /**
   * @param list The provider's price list; undefined is unknown, and everything of it is unpriced.
   * @param at Epoch milliseconds: the latest price that is in force then.
   */
  price(list: string | undefined, model: string, at: number): ModelPrice | undefined
  /** What is known of a model besides its price. */
  facts(list: string | undefined, model: string): PricedModel | undefined
  /** All models of a list. */
  models(list: string | undefined): readonly PricedModel[]
}

/** The list of what costs nothing, because nobody sends a bill: any model is in it. */
const local = 'local'
const free: ModelPrice = {
  version: local,
  effectiveFrom: '1970-01-01T00:00:00Z',
  input: 0n,
  output: 0n,
}

/** @throws {RangeError} When two lists, or two models of one list, have the same name. */
export function createPriceTable(lists: readonly PriceList[]): PriceTable {
  const byList = new Map<string, ReadonlyMap<string, PricedModel>>()
  for (const { name, models } of lists) {
    if (byList.has(name) || name === local)
      throw new RangeError(`there are two price lists called ${name}`)
    byList.set(name, byName(models, name))
  }
  const facts: PriceTable['facts'] = (list, model) =>
    list === undefined ? undefined : byList.get(list)?.get(model)
  return {
    facts,
    price(list, model, at) {
      if (list === local) return free
      return facts(list, model)?.prices.find(({ effectiveFrom }) => Date.parse(effectiveFrom) <= at)
    },
    models: (list) => lists.find(({ name }) => name === list)?.models ?? [],
  }
}

/** The snapshot that comes with the product. Read once, at the start. */
export function vendoredPrices(): PriceTable {
  const folder = new URL('./prices/', import.meta.url)
  const files = readdirSync(fileURLToPath(folder)).filter((name) => name.endsWith('.json'))
  return createPriceTable(
    files.map((name) => readPriceFile(readFileSync(new URL(name, folder), 'utf8'))),
  )
}

function byName(models: readonly PricedModel[], list: string): ReadonlyMap<string, PricedModel> {
  const names = new Map<string, PricedModel>()
  for (const model of models) {
    for (const name of [model.id, ...model.aliases]) {
      if (names.has(name)) throw new RangeError(`${name} stands twice in the price list ${list}`)
      names.set(name, model)
    }
  }
  return names
}
