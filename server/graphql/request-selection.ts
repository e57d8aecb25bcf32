import { type FieldIssue, GatewayError } from '#domain/errors.ts'
import { parseUsd } from '#domain/money.ts'
import type { RangeFilter, RequestFilter, StringFilter, TimeRange } from '#domain/request-filter.ts'
import { checkedRange, relativeRange } from '#domain/time-range.ts'
import type { GraphqlContext } from './context.ts'
import { plainId } from './global-id.ts'

export interface TimeRangeChoice {
  readonly relative?: { readonly from: string; readonly to: string } | null
  readonly absolute?: { readonly from: number; readonly to: number } | null
}

type Nullable<Value> = { readonly [Key in keyof Value]?: Value[Key] | null }

/** A filter as it is asked: relative times, ids of this API, money as a number of dollars. */
export interface FilterChoice extends Omit<Nullable<RequestFilter>, 'time' | 'simulated' | 'cost'> {
  readonly time: TimeRangeChoice
  readonly simulated: boolean
  readonly cost?: RangeFilter<number> | null
}

/**
 * The calls that a filter selects, with its times counted from now.
 *
 * @param timeZone Whose days and months are meant; the tenant's reporting zone by default.
 * @throws {GatewayError} INVALID_REQUEST with the path of the field.
 */
export async function requestSelection(
  filter: FilterChoice,
  context: GraphqlContext,
  timeZone?: string | null,
): Promise<RequestFilter> {
  return { ...timelessSelection(filter), time: await timeRange(filter.time, context, timeZone) }
}

/** The same for whoever leaves time aside. */
export function timelessSelection(filter: FilterChoice): RequestFilter {
  return {
    ...filter,
    time: { from: 0, to: 1 },
    tenant: ids('Tenant', filter.tenant),
    project: ids('Project', filter.project),
    apiKey: ids('ApiKey', filter.apiKey),
    requestId: filter.requestId ? plainId('Request', filter.requestId) : null,
    cost: inTicks(filter.cost),
  }
}

async function timeRange(
  { relative, absolute }: TimeRangeChoice,
  context: GraphqlContext,
  timeZone: string | null | undefined,
): Promise<TimeRange> {
  if (absolute) return checkedRange(absolute)
  const { from = '', to = 'now' } = relative ?? {}
  const needsZone = /[/dwMQy]/.test(from + to)
  const { loaders, viewer } = context
  const ownZone = async () => (await loaders.tenant(viewer.tenantId)).reportingTimeZone
  const zone = timeZone ?? (needsZone ? await ownZone() : 'UTC')
  const now = Temporal.Instant.fromEpochMilliseconds(context.services.clock.epochMs())
  return relativeRange({ from, to }, now.toZonedDateTimeISO(zone))
}

function ids(typename: string, filter: StringFilter | null | undefined): StringFilter | null {
  if (!filter) return null
  const plain = (given: readonly string[] | null | undefined) =>
    given?.map((id) => plainId(typename, id)) ?? null
  return { ...filter, in: plain(filter.in), notIn: plain(filter.notIn) }
}

function inTicks(range: RangeFilter<number> | null | undefined): RangeFilter<bigint> | null {
  if (!range) return null
  const entries = Object.entries(range).map(([bound, value]) => [
    bound,
    value === null ? null : ticks(bound, value),
  ])
  return Object.fromEntries(entries)
}

function ticks(bound: string, value: number | undefined): bigint | undefined {
  if (value === undefined) return undefined
  try {
    return parseUsd(String(value))
  } catch (cause) {
    const issue: FieldIssue = {
      path: ['filter', 'cost', bound],
      message: 'must be an amount of US dollars',
    }
    throw new GatewayError('INVALID_REQUEST', `\`cost.${bound}\` ${issue.message}.`, {
      issues: [issue],
      cause,
    })
  }
}
