import { holds } from '#domain/access.ts'
import type { ProviderHealth as Health } from '#events/provider-health.ts'
import type { ProviderKind as Kind } from '#domain/config.ts'
import { builder } from '../builder.ts'
import { nodesByName } from '../nodes-by-name.ts'
import type { GraphqlContext } from '../context.ts'
import { AttemptError } from './attempt.ts'
import { CircuitBreaker } from './circuit-breaker.ts'
import { HealthBucket, healthHistoryOf } from './health-history.ts'
import { HealthOverride } from './health-override.ts'
import { HealthState } from './health-state.ts'
import { modelConnection, ModelConnection } from './model.ts'
import { ProviderRef } from './provider-ref.ts'
import { TimeRangeInput } from './request-filter.ts'
import { UpstreamLimits } from './upstream-limits.ts'
import { BucketSize, usageOf, UsageQuery, UsageReport } from './usage.ts'

const kinds: Readonly<Record<Kind, true>> = {
  OPENAI: true,
  XAI: true,
  OPENROUTER: true,
  PERPLEXITY: true,
  OLLAMA: true,
  OPENAI_COMPATIBLE: true,
  ANTHROPIC: true,
  AGENT: true,
  RAG: true,
  PLUGIN: true,
  SIMULATOR: true,
}

const ProviderKind = builder.enumType('ProviderKind', { values: Object.keys(kinds) as Kind[] })

const CredentialState = builder.enumType('CredentialState', {
  values: ['PRESENT', 'MISSING', 'REJECTED', 'NOT_NEEDED'] as const,
})

const ProviderHealth = builder.objectRef<Health>('ProviderHealth').implement({
  fields: (t) => ({
    state: t.expose('state', { type: HealthState }),
    reason: t.exposeString('reason', { nullable: true }),
    score: t.exposeInt('score', {
      description:
        '0 (unusable) to 100, from success rate, latency against its own baseline and circuit state over 5 minutes.',
    }),
    checkedAt: t.expose('checkedAt', { type: 'DateTime', nullable: true }),
    successRate: t.exposeFloat('successRate', { nullable: true }),
    latencyP50Ms: t.exposeFloat('latencyP50Ms', { nullable: true }),
    latencyP95Ms: t.exposeFloat('latencyP95Ms', { nullable: true }),
    consecutiveFailures: t.exposeInt('consecutiveFailures'),
    lastError: t.expose('lastError', { type: AttemptError, nullable: true }),
    lastSuccessAt: t.expose('lastSuccessAt', { type: 'DateTime', nullable: true }),
  }),
})

builder.node(ProviderRef, {
  id: { resolve: ({ config }) => config.name },
  loadManyWithoutCache: nodesByName((name: string, { services }: GraphqlContext) =>
    services.providers.find(name),
  ),
  fields: (t) => ({
    name: t.string({
      description: '`name` is the prefix in `provider:model`.',
      resolve: ({ config }) => config.name,
    }),
    kind: t.field({ type: ProviderKind, resolve: ({ config }) => config.kind }),
    simulated: t.exposeBoolean('simulated', {
      description: 'Answers are made up here, and cost nothing.',
    }),
    baseUrl: t.field({
      type: 'URL',
      nullable: true,
      description: 'For administrators of the installation.',
      resolve: ({ config }, _args, { viewer }) =>
        holds(viewer, 'admin') && viewer.runsInstallation ? config.baseUrl : null,
    }),
    credential: t.field({
      type: CredentialState,
      resolve: (provider, _args, { services, viewer }) => {
        const state = provider.credential()
        const { credentialRejected } = services.health.healthOf(
          provider.config.name,
          viewer.tenantId,
        )
        return state === 'PRESENT' && credentialRejected ? 'REJECTED' : state
      },
    }),
    override: t.field({
      type: HealthOverride,
      resolve: ({ config }, _args, { services, viewer }) =>
        services.health.healthOf(config.name, viewer.tenantId).override,
    }),
    priority: t.int({
      description: 'Its place in the configuration, from 1.',
      resolve: ({ config }, _args, { services }) => {
        const all = services.providers.all()
        const place = all.findIndex((other) => other.config.name === config.name)
        return 1 + (place < 0 ? all.length : place)
      },
    }),
    weight: t.int({
      description: 'Its share of the calls where a route is weighted.',
      resolve: ({ config }) => config.weight ?? 1,
    }),
    circuit: t.field({
      type: CircuitBreaker,
      resolve: ({ config }, _args, { services, viewer }) =>
        services.health.healthOf(config.name, viewer.tenantId).circuit,
    }),
    upstreamLimits: t.field({
      type: UpstreamLimits,
      nullable: true,
      resolve: ({ config }, _args, { services }) => services.health.limitsOf(config.name),
    }),
    healthHistory: t.field({
      type: [HealthBucket],
      args: {
        time: t.arg({ type: TimeRangeInput, required: true }),
        bucket: t.arg({ type: BucketSize, required: true, defaultValue: 'AUTO' }),
      },
      resolve: (provider, args, context) => healthHistoryOf(provider, args, context),
    }),
    health: t.field({
      type: ProviderHealth,
      resolve: ({ config }, _args, { services, viewer }) =>
        services.health.healthOf(config.name, viewer.tenantId),
    }),
    inFlight: t.int({
      resolve: ({ config }, _args, { services }) => services.metrics.loadOf(config.name).inFlight,
    }),
    queued: t.int({
      resolve: ({ config }, _args, { services }) => services.metrics.loadOf(config.name).queued,
    }),
    models: t.field({
      type: ModelConnection,
      args: { first: t.arg.int(), after: t.arg.string(), search: t.arg.string() },
      resolve: ({ config }, args, { services }) =>
        modelConnection(services, { ...args, provider: config.name }),
    }),
    usage: t.field({
      type: UsageReport,
      args: { query: t.arg({ type: UsageQuery, required: true }) },
      resolve: ({ config, simulated }, { query }, context) =>
        usageOf(
          { ...query, filter: { ...query.filter, simulated, provider: { in: [config.name] } } },
          context,
        ),
    }),
  }),
})

builder.queryFields((t) => ({
  providers: t.field({
    type: [ProviderRef],
    resolve: (_root, _args, { services }) => [...services.providers.all()],
  }),
  provider: t.field({
    type: ProviderRef,
    nullable: true,
    args: { name: t.arg.string({ required: true }) },
    resolve: (_root, { name }, { services }) => services.providers.find(name),
  }),
}))
