import { type FieldIssue, GatewayError } from './errors.ts'
import { freePrice, type WrittenPrice, writtenPriceIssues } from './written-price.ts'

/** A price as somebody wants to set it. */
export interface PriceDraft {
  readonly providerName: string
  /** The provider's own name for the model. */
  readonly model: string
  /** Epoch ms; undefined: from now on. */
  readonly effectiveFrom: number | undefined
  readonly price: WrittenPrice
}

/** Which prices to remove. */
export interface PriceKey {
  readonly providerName: string
  readonly model: string
  /** Epoch ms; undefined: all of the model. */
  readonly effectiveFrom: number | undefined
}

const longestModel = 500

/** A price that was asked for, in which every rate but input and output may be left out. */
export interface AskedPrice extends Omit<WrittenPrice, 'input' | 'output'> {
  readonly free: boolean
  readonly input: string | undefined
  readonly output: string | undefined
}

/**
 * The price that was asked for.
 *
 * @throws {GatewayError} INVALID_REQUEST with the fields, by the names of the GraphQL input.
 */
export function checkedPrice(asked: AskedPrice): WrittenPrice {
  const { free, input, output, ...rest } = asked
  const stated = [input, output, ...Object.values(rest)].some((value) => value !== undefined)
  if (free && stated) throw refused([issue(['free'], 'must stand without any price')])
  if (free) return freePrice
  if (input === undefined || output === undefined) {
    throw refused([
      ...(input === undefined ? [issue(['input'], 'is needed, or free: true')] : []),
      ...(output === undefined ? [issue(['output'], 'is needed, or free: true')] : []),
    ])
  }
  const written = { input, output, ...rest }
  const issues = writtenPriceIssues(written)
  if (issues.length > 0) throw refused(issues.map(({ path, message }) => issue(path, message)))
  return written
}

/** @throws {GatewayError} INVALID_REQUEST for a provider that there is not, and a model that has no name. */
export function checkPriceDraft(
  { providerName, model }: PriceDraft,
  hasProvider: (name: string) => boolean,
): void {
  const issues = [
    ...(hasProvider(providerName) ? [] : [issue(['provider'], 'is no provider that there is')]),
    ...(model.trim() !== '' && model.length <= longestModel
      ? []
      : [issue(['model'], `must have 1 to ${longestModel} characters`)]),
  ]
  if (issues.length > 0) throw refused(issues)
}

const fieldNames: Readonly<Record<string, string>> = {
  input: 'inputPerMillion',
  output: 'outputPerMillion',
  cacheRead: 'cacheReadPerMillion',
  cacheWrite: 'cacheWritePerMillion',
}

const issue = (path: readonly string[], message: string): FieldIssue => ({
  path: ['input', ...path.map((part) => fieldNames[part] ?? part)],
  message,
})

function refused(issues: readonly FieldIssue[]): GatewayError {
  const [first] = issues
  const field = first?.path.slice(1).join('.')
  return new GatewayError('INVALID_REQUEST', `\`${field}\` ${first?.message}.`, { issues })
}
