import { countedModel } from './counting.ts'
import { attemptFingerprint, errorFingerprint } from './error-fingerprint.ts'
import type { Filterable, RangeFilter, RequestFilter, StringFilter } from './request-filter.ts'
import type { RequestRecord } from './request-record.ts'

/** A call as filters see it. */
export function filterable(record: RequestRecord): Filterable {
  const model = countedModel(record)
  const { attempts, errorCode: code, errorMessage, providerName: provider } = record
  const own = code && errorFingerprint({ provider, model, code, message: errorMessage ?? '' })
  const fingerprints = [own, ...attempts.map(attemptFingerprint)].filter((name) => name !== null)
  return { ...record, model, fingerprints }
}

/**
 * Whether a call is one that the filter selects, its time range left aside: the same as the store's SQL says of rows.
 */
export function requestMatches(filter: RequestFilter, call: Filterable): boolean {
  const { usage } = call
  return (
    filter.simulated === call.simulated &&
    oneOf(filter.status, call.status) &&
    oneOf(filter.surface, call.surface) &&
    oneOf(filter.priority, call.priority) &&
    oneOf(filter.errorCode, call.errorCode) &&
    oneOf(filter.costSource, call.cost?.source) &&
    matches(filter.provider, call.providerName) &&
    matches(filter.model, call.model) &&
    matches(filter.tenant, call.tenantId) &&
    matches(filter.project, call.projectId) &&
    matches(filter.apiKey, call.apiKeyId) &&
    matches(filter.clientIp, call.clientIp) &&
    matches(filter.endUser, call.endUser) &&
    matches(filter.sessionId, call.sessionId) &&
    matchesAny(filter.tag, call.tags) &&
    inRange(filter.httpStatus, call.httpStatus) &&
    inRange(filter.latencyMs, call.latencyMs) &&
    inRange(filter.timeToFirstTokenMs, call.timeToFirstTokenMs) &&
    inRange(filter.cost, call.cost?.total) &&
    inRange(filter.totalTokens, usage && usage.inputTokens + usage.outputTokens) &&
    (filter.stream ?? call.stream) === call.stream &&
    (filter.requestId ?? call.id).toLowerCase() === call.id.toLowerCase() &&
    (!filter.errorFingerprint || call.fingerprints.includes(filter.errorFingerprint))
  )
}

function oneOf<Value>(
  wanted: readonly Value[] | null | undefined,
  value: Value | null | undefined,
): boolean {
  return !wanted || (value !== null && value !== undefined && wanted.includes(value))
}

/** An empty text is no value. */
function matches(filter: StringFilter | null | undefined, text: string | null): boolean {
  return matchesAny(filter, text ? [text] : [])
}

function matchesAny(filter: StringFilter | null | undefined, texts: readonly string[]): boolean {
  if (!filter) return true
  const { in: listed, notIn, contains, startsWith, exists } = filter
  if (listed) return texts.some((text) => listed.includes(text))
  if (notIn) return !texts.some((text) => notIn.includes(text))
  if (typeof contains === 'string')
    return texts.some((text) => text.toLowerCase().includes(contains.toLowerCase()))
  if (typeof startsWith === 'string')
    return texts.some((text) => text.toLowerCase().startsWith(startsWith.toLowerCase()))
  return exists === null || exists === undefined || exists === texts.length > 0
}

function inRange<Value extends number | bigint>(
  range: RangeFilter<Value> | null | undefined,
  value: Value | null | undefined,
): boolean {
  if (!range) return true
  const { gt, gte, lt, lte } = range
  const bounds = [gt, gte, lt, lte].filter((bound) => bound !== null && bound !== undefined)
  if (bounds.length === 0) return true
  if (value === null || value === undefined) return false
  return (
    (gt === null || gt === undefined || value > gt) &&
    (gte === null || gte === undefined || value >= gte) &&
    (lt === null || lt === undefined || value < lt) &&
    (lte === null || lte === undefined || value <= lte)
  )
}
