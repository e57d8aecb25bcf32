import type {
  LiveMetrics as Metrics,
  LiveProviderMetrics as ProviderMetrics,
} from '#events/live-figures.ts'
import { builder } from '../builder.ts'
import { latestOf } from '../latest-of.ts'
import { liveScope } from '../live-scope.ts'
import { CircuitState } from './circuit-breaker.ts'
import { HealthState } from './health-state.ts'
import { ScopeInput } from './scope.ts'

const LiveProviderMetrics = builder.objectRef<ProviderMetrics>('LiveProviderMetrics').implement({
  fields: (t) => ({
    name: t.exposeString('name'),
    requestsPerSecond: t.exposeFloat('requestsPerSecond'),
    errorsPerSecond: t.exposeFloat('errorsPerSecond'),
    tokensPerSecond: t.exposeFloat('tokensPerSecond'),
    costPerMinute: t.expose('costPerMinute', { type: 'Decimal' }),
    inFlight: t.exposeInt('inFlight'),
    latencyP50Ms: t.exposeFloat('latencyP50Ms', { nullable: true }),
    latencyP95Ms: t.exposeFloat('latencyP95Ms', { nullable: true }),
    health: t.expose('health', { type: HealthState }),
    circuit: t.expose('circuit', { type: CircuitState }),
  }),
})

const LiveMetrics = builder.objectRef<Metrics>('LiveMetrics').implement({
  description:
    'One a second. The rates are over the last complete second; percentiles over the last 60 seconds.',
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime' }),
    simulated: t.exposeBoolean('simulated', {
      description: 'Figures of simulated traffic; the two never mix.',
    }),
    requestsPerSecond: t.exposeFloat('requestsPerSecond'),
    errorsPerSecond: t.exposeFloat('errorsPerSecond'),
    tokensPerSecond: t.exposeFloat('tokensPerSecond'),
    costPerMinute: t.expose('costPerMinute', { type: 'Decimal' }),
    inFlight: t.exposeInt('inFlight'),
    queued: t.exposeInt('queued'),
    latencyP50Ms: t.exposeFloat('latencyP50Ms', { nullable: true }),
    latencyP95Ms: t.exposeFloat('latencyP95Ms', { nullable: true }),
    providers: t.field({ type: [LiveProviderMetrics], resolve: ({ providers }) => [...providers] }),
  }),
})

builder.subscriptionField('liveMetrics', (t) =>
  t.field({
    type: LiveMetrics,
    authScopes: { may: 'read' },
    description: 'Null scope: all that the viewer may see.',
    args: {
      scope: t.arg({ type: ScopeInput }),
      simulated: t.arg.boolean({
        description:
          'Null: real traffic, or simulated traffic where the tenant never had any other.',
      }),
    },
    subscribe: (_root, { scope, simulated }, { services, viewer }) =>
      latestOf(
        services.metrics.subscribe({
          viewer,
          scope: liveScope(scope, viewer),
          simulated: simulated ?? null,
        }),
      ),
    resolve: (metrics) => metrics,
  }),
)
