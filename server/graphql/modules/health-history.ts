import { healthHistory } from '#domain/health-history.ts'
import type { HealthState as State } from '#domain/health-score.ts'
import { builder } from '../builder.ts'
import type { GraphqlContext } from '../context.ts'
import type { TimeRangeChoice } from '../request-selection.ts'
import type { ConfiguredProvider } from '../sources.ts'
import { HealthState } from './health-state.ts'
import { type BucketChoice, usageOf } from './usage.ts'

interface Bucket {
  /** Epoch milliseconds. */
  readonly at: number
  readonly state: State
  readonly uptimeRatio: number | null
  readonly requests: number
  readonly errors: number
}

export const HealthBucket = builder.objectRef<Bucket>('HealthBucket').implement({
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime' }),
    state: t.expose('state', {
      type: HealthState,
      description: 'The worst that it was in that time.',
    }),
    uptimeRatio: t.exposeFloat('uptimeRatio', {
      nullable: true,
      description: 'The part of the time in which it could be used; null where nobody knows.',
    }),
    requests: t.exposeInt('requests', { description: "Of the viewer's tenant." }),
    errors: t.exposeInt('errors', { description: "Of the viewer's tenant." }),
  }),
})

/** How a provider was: its states are the installation's, its calls the viewer's tenant's. */
export async function healthHistoryOf(
  { config, simulated }: ConfiguredProvider,
  { time, bucket }: { time: TimeRangeChoice; bucket: BucketChoice },
  context: GraphqlContext,
): Promise<Bucket[]> {
  const { services } = context
  const report = await usageOf(
    {
      filter: { time, simulated, provider: { in: [config.name] } },
      metrics: ['REQUESTS', 'ERRORS'],
      groupBy: [],
      bucket,
      comparePrevious: false,
      limit: 1,
    },
    context,
  )
  const { buckets: starts, from, to } = report
  const states = await services.health.statesOf(config.name, { from: starts[0] ?? from, to })
  const end = Math.min(to, services.clock.epochMs())
  const spans = healthHistory(states, { starts, end })
  const column = (metric: 'REQUESTS' | 'ERRORS') =>
    report.series.find((series) => series.metric === metric && !series.isOther)?.values ?? []
  const [requests, errors] = [column('REQUESTS'), column('ERRORS')]
  return starts.map((at, index) => ({
    at,
    ...(spans[index] ?? { state: 'UNKNOWN', uptimeRatio: null }),
    requests: requests[index]?.value ?? 0,
    errors: errors[index]?.value ?? 0,
  }))
}
