import { builder } from '../builder.ts'
import { ErrorCode } from './error-code.ts'
import { Priority } from './priority.ts'
import { ApiSurface, RequestStatus } from './request.ts'
import { CostSource } from './usage-and-cost.ts'

const RelativeRangeInput = builder.inputType('RelativeRangeInput', {
  description: 'Grafana syntax: now-24h, now/d.',
  fields: (t) => ({
    from: t.string({ required: true }),
    to: t.string({ required: true, defaultValue: 'now' }),
  }),
})

const AbsoluteRangeInput = builder.inputType('AbsoluteRangeInput', {
  fields: (t) => ({
    from: t.field({ type: 'DateTime', required: true }),
    to: t.field({ type: 'DateTime', required: true }),
  }),
})

export const TimeRangeInput = builder.inputType('TimeRangeInput', {
  isOneOf: true,
  fields: (t) => ({
    relative: t.field({ type: RelativeRangeInput }),
    absolute: t.field({ type: AbsoluteRangeInput }),
  }),
})

const StringFilter = builder.inputType('StringFilter', {
  isOneOf: true,
  fields: (t) => ({
    in: t.stringList(),
    notIn: t.stringList(),
    contains: t.string(),
    startsWith: t.string(),
    exists: t.boolean(),
  }),
})

const NumberFilter = builder.inputType('NumberFilter', {
  fields: (t) => ({ gt: t.float(), gte: t.float(), lt: t.float(), lte: t.float() }),
})

export const RequestFilter = builder.inputType('RequestFilter', {
  description: 'One filter for list, count, facets, analytics, live tail and export.',
  fields: (t) => ({
    time: t.field({ type: TimeRangeInput, required: true }),
    status: t.field({ type: [RequestStatus] }),
    surface: t.field({ type: [ApiSurface] }),
    provider: t.field({ type: StringFilter }),
    model: t.field({ type: StringFilter }),
    tenant: t.field({ type: StringFilter }),
    project: t.field({ type: StringFilter }),
    apiKey: t.field({ type: StringFilter }),
    clientIp: t.field({ type: StringFilter }),
    costSource: t.field({ type: [CostSource] }),
    errorFingerprint: t.id(),
    priority: t.field({ type: [Priority] }),
    simulated: t.boolean({
      required: true,
      defaultValue: false,
      description: 'Simulated traffic never mixes into real totals.',
    }),
    endUser: t.field({ type: StringFilter }),
    sessionId: t.field({ type: StringFilter }),
    tag: t.field({ type: StringFilter }),
    errorCode: t.field({ type: [ErrorCode] }),
    httpStatus: t.field({ type: NumberFilter }),
    latencyMs: t.field({ type: NumberFilter }),
    timeToFirstTokenMs: t.field({ type: NumberFilter }),
    cost: t.field({ type: NumberFilter }),
    totalTokens: t.field({ type: NumberFilter }),
    stream: t.boolean(),
    requestId: t.id(),
  }),
})
