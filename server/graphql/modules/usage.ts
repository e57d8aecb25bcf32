import type { BucketSize as Size } from '#domain/time-buckets.ts'
import type { MetricValue, UsageMetric as Metric } from '#domain/usage-metric.ts'
import type {
  DimensionValue as Value,
  MetricTotal as Total,
  UsageDimension as Dimension,
  UsageReport as Report,
  UsageSeries as Series,
} from '#domain/usage-query.ts'
import { builder } from '../builder.ts'
import type { GraphqlContext } from '../context.ts'
import { type FilterChoice, requestSelection } from '../request-selection.ts'
import { RequestFilter } from './request-filter.ts'

const metrics: Readonly<Record<Metric, true>> = {
  REQUESTS: true,
  ERRORS: true,
  ERROR_RATE: true,
  COST: true,
  INPUT_TOKENS: true,
  OUTPUT_TOKENS: true,
  CACHE_READ_TOKENS: true,
  REASONING_TOKENS: true,
  LATENCY_P50: true,
  LATENCY_P95: true,
  LATENCY_P99: true,
  TTFT_P50: true,
  TTFT_P95: true,
  OVERHEAD_P95: true,
  TOKENS_PER_SECOND_P50: true,
  COST_PER_REQUEST: true,
  FALLBACK_RATE: true,
  RETRIES: true,
  UNPRICED_REQUESTS: true,
}
const UsageMetric = builder.enumType('UsageMetric', { values: Object.keys(metrics) as Metric[] })

const dimensions: Readonly<Record<Dimension, true>> = {
  PROVIDER: true,
  MODEL: true,
  TENANT: true,
  PROJECT: true,
  API_KEY: true,
  END_USER: true,
  CLIENT_IP: true,
  TAG: true,
  SURFACE: true,
  STATUS: true,
  ERROR_CODE: true,
}
const UsageDimension = builder.enumType('UsageDimension', {
  values: Object.keys(dimensions) as Dimension[],
})

export type BucketChoice = Size | 'AUTO'

const sizes: Readonly<Record<BucketChoice, true>> = {
  AUTO: true,
  NONE: true,
  MINUTE: true,
  FIVE_MINUTES: true,
  FIFTEEN_MINUTES: true,
  HOUR: true,
  DAY: true,
  WEEK: true,
  MONTH: true,
}
export const BucketSize = builder.enumType('BucketSize', {
  values: Object.keys(sizes) as BucketChoice[],
})

export const UsageQuery = builder.inputType('UsageQuery', {
  fields: (t) => ({
    filter: t.field({ type: RequestFilter, required: true }),
    metrics: t.field({ type: [UsageMetric], required: true }),
    groupBy: t.field({ type: [UsageDimension], required: true, defaultValue: [] }),
    bucket: t.field({ type: BucketSize, required: true, defaultValue: 'AUTO' }),
    timeZone: t.field({
      type: 'TimeZone',
      description:
        "Bucket edges are those of this zone; the default is the tenant's reporting zone.",
    }),
    comparePrevious: t.boolean({ required: true, defaultValue: false }),
    limit: t.int({
      required: true,
      defaultValue: 10,
      description: 'Top N by rankBy; the rest is one series with `isOther`, so sums stay right.',
    }),
    rankBy: t.field({ type: UsageMetric }),
  }),
})

const DimensionValue = builder.objectRef<Value>('DimensionValue').implement({
  fields: (t) => ({
    dimension: t.expose('dimension', { type: UsageDimension }),
    value: t.exposeString('value'),
    label: t.exposeString('label'),
  }),
})

const someNull = { list: false, items: true } as const
const listOrNull = { list: true, items: true } as const
const numbers = (values: readonly MetricValue[]) => values.map(({ value }) => value)

const UsageSeries = builder.objectRef<Series>('UsageSeries').implement({
  description: '`exact` holds the same as decimals where the metric is COST.',
  fields: (t) => ({
    key: t.field({ type: [DimensionValue], resolve: ({ key }) => [...key] }),
    isOther: t.exposeBoolean('isOther'),
    metric: t.expose('metric', { type: UsageMetric }),
    values: t.floatList({ nullable: someNull, resolve: ({ values }) => numbers(values) }),
    exact: t.field({
      type: ['Decimal'],
      nullable: listOrNull,
      resolve: ({ metric, values }) =>
        metric === 'COST' ? values.map(({ exact }) => exact) : null,
    }),
    previous: t.floatList({
      nullable: listOrNull,
      resolve: ({ previous }) => previous && numbers(previous),
    }),
    total: t.float({ nullable: true, resolve: ({ total }) => total.value }),
    exactTotal: t.field({ type: 'Decimal', nullable: true, resolve: ({ total }) => total.exact }),
  }),
})

const MetricTotal = builder.objectRef<Total>('MetricTotal').implement({
  description: '`exact` is set for COST.',
  fields: (t) => ({
    metric: t.expose('metric', { type: UsageMetric }),
    value: t.float({ nullable: true, resolve: ({ total }) => total.value }),
    exact: t.field({ type: 'Decimal', nullable: true, resolve: ({ total }) => total.exact }),
    previous: t.float({ nullable: true, resolve: ({ previous }) => previous?.value }),
  }),
})

export const UsageReport = builder.objectRef<Report>('UsageReport').implement({
  description: 'Columns: values[i] belongs to buckets[i]; null is no data, not zero.',
  fields: (t) => ({
    from: t.expose('from', { type: 'DateTime' }),
    to: t.expose('to', { type: 'DateTime' }),
    timeZone: t.expose('timeZone', { type: 'TimeZone' }),
    bucket: t.expose('bucket', { type: BucketSize }),
    buckets: t.field({ type: ['DateTime'], resolve: ({ buckets }) => [...buckets] }),
    series: t.field({ type: [UsageSeries], resolve: ({ series }) => [...series] }),
    totals: t.field({ type: [MetricTotal], resolve: ({ totals }) => [...totals] }),
    lastBucketPartial: t.exposeBoolean('lastBucketPartial'),
    freshAsOf: t.expose('freshAsOf', { type: 'DateTime' }),
  }),
})

interface UsageChoice {
  readonly filter: FilterChoice
  readonly metrics: readonly Metric[]
  readonly groupBy: readonly Dimension[]
  readonly bucket: BucketChoice
  readonly timeZone?: string | null
  readonly comparePrevious: boolean
  readonly limit: number
  readonly rankBy?: Metric | null
}

/** Answers a question about many calls of the viewer's tenant. */
export async function usageOf(query: UsageChoice, context: GraphqlContext): Promise<Report> {
  const { services, viewer } = context
  const filter = await requestSelection(query.filter, context, query.timeZone)
  return services.reads.usage({
    tenantId: viewer.tenantId,
    query: { ...query, filter },
    now: services.clock.epochMs(),
  })
}

builder.queryField('usage', (t) =>
  t.field({
    type: UsageReport,
    args: { query: t.arg({ type: UsageQuery, required: true }) },
    resolve: (_root, { query }, context) => usageOf(query, context),
  }),
)

builder.prismaObjectField('Tenant', 'usage', (t) =>
  t.field({
    type: UsageReport,
    args: { query: t.arg({ type: UsageQuery, required: true }) },
    resolve: ({ id: tenantId }, { query }, context) =>
      usageOf(query, { ...context, viewer: { ...context.viewer, tenantId } }),
  }),
)
