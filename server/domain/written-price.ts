import type { FieldIssue } from './errors.ts'
import { formatUsd, parseUsd } from './money.ts'
import type { ModelPrice, Rates } from './price.ts'

/** Rates as people write them: decimal strings of USD per million tokens. */
export interface WrittenRates {
  readonly input: string
  readonly output: string
  readonly cacheRead?: string | undefined
  readonly cacheWrite?: string | undefined
}

/** A price as people write it, and as it is stored as JSON. */
export interface WrittenPrice extends WrittenRates {
  readonly perRequest?: string | undefined
  readonly tiers?: readonly (WrittenRates & { readonly aboveInputTokens: number })[] | undefined
  readonly serviceTiers?: Readonly<Record<string, WrittenRates>> | undefined
}

/** What costs nothing. */
export const freePrice: WrittenPrice = { input: '0', output: '0' }

/** USD with at most ten decimals, so that nothing is rounded. */
const usdPattern = /^\d{1,6}(\.\d{1,10})?$/
/** USD: whatever a call can use of it, its cost is a number that the database can hold. */
const dearest = 100_000
export const usdRule = `must be US dollars from 0 to ${dearest}, with at most 10 decimals`

export const isUsd = (text: string): boolean =>
  usdPattern.test(text) && parseUsd(text) <= parseUsd(String(dearest))

/** Says what is wrong with a written price, by its fields. */
export function writtenPriceIssues(price: WrittenPrice): readonly FieldIssue[] {
  const { tiers = [], serviceTiers = {}, perRequest } = price
  const bounds = tiers.map(({ aboveInputTokens }) => aboveInputTokens)
  return [
    ...rateIssues(price, []),
    ...usdIssue(perRequest, ['perRequest']),
    ...tiers.flatMap((rates, index) => [
      ...rateIssues(rates, ['tiers', `${index}`]),
      ...says(
        !Number.isSafeInteger(rates.aboveInputTokens) || rates.aboveInputTokens < 1,
        ['tiers', `${index}`, 'aboveInputTokens'],
        'must be 1 or more',
      ),
      ...says(
        bounds.indexOf(rates.aboveInputTokens) < index,
        ['tiers', `${index}`, 'aboveInputTokens'],
        'stands twice',
      ),
    ]),
    ...Object.entries(serviceTiers).flatMap(([name, rates]) =>
      rateIssues(rates, ['serviceTiers', name]),
    ),
  ]
}

/**
 * Reads a price in which `writtenPriceIssues` finds nothing.
 *
 * @throws {RangeError} For any other.
 */
export function readWrittenPrice(
  written: WrittenPrice,
  named: Pick<ModelPrice, 'version' | 'effectiveFrom' | 'source'>,
): ModelPrice {
  const { perRequest, tiers, serviceTiers } = written
  return {
    ...named,
    ...readRates(written),
    ...(perRequest !== undefined && { perRequest: parseUsd(perRequest) }),
    ...(tiers?.length && {
      tiers: tiers
        .map((tier) => ({ aboveInputTokens: tier.aboveInputTokens, ...readRates(tier) }))
        .toSorted((a, b) => a.aboveInputTokens - b.aboveInputTokens),
    }),
    ...(serviceTiers && {
      serviceTiers: Object.fromEntries(
        Object.entries(serviceTiers).map(([name, rates]) => [name, readRates(rates)]),
      ),
    }),
  }
}

function readRates({ input, output, cacheRead, cacheWrite }: WrittenRates): Rates {
  return {
    input: parseUsd(input),
    output: parseUsd(output),
    ...(cacheRead !== undefined && { cacheRead: parseUsd(cacheRead) }),
    ...(cacheWrite !== undefined && { cacheWrite: parseUsd(cacheWrite) }),
  }
}

/** Writes a price without anything that makes no difference. */
export function writePrice(price: ModelPrice): WrittenPrice {
  const { perRequest, tiers, serviceTiers } = price
  return {
    ...writeRates(price),
    ...(perRequest !== undefined && { perRequest: formatUsd(perRequest) }),
    ...(tiers && {
      tiers: tiers.map((tier) => ({
        aboveInputTokens: tier.aboveInputTokens,
        ...writeRates(tier),
      })),
    }),
    ...(serviceTiers && {
      serviceTiers: Object.fromEntries(
        Object.entries(serviceTiers).map(([name, rates]) => [name, writeRates(rates)]),
      ),
    }),
  }
}

function writeRates({ input, output, cacheRead, cacheWrite }: Rates): WrittenRates {
  return {
    input: formatUsd(input),
    output: formatUsd(output),
    ...(cacheRead !== undefined && { cacheRead: formatUsd(cacheRead) }),
    ...(cacheWrite !== undefined && { cacheWrite: formatUsd(cacheWrite) }),
  }
}

function rateIssues(rates: WrittenRates, path: readonly string[]): readonly FieldIssue[] {
  const { input, output, cacheRead, cacheWrite } = rates
  return Object.entries({ input, output, cacheRead, cacheWrite }).flatMap(([name, text]) =>
    usdIssue(text, [...path, name]),
  )
}

const usdIssue = (text: string | undefined, path: readonly string[]) =>
  says(text !== undefined && !isUsd(text), path, usdRule)

const says = (faulty: boolean, path: readonly string[], message: string): readonly FieldIssue[] =>
  faulty ? [{ path, message }] : []
