import type { GatewayError } from '#domain/errors.ts'
import type { AttemptFailure } from '#domain/request-record.ts'
import { ForbiddenError, NotFoundError, ValidationError } from '../api-error.ts'
import { builder } from '../builder.ts'
import { changerOf } from '../changed-allowance.ts'
import type { GraphqlContext } from '../context.ts'
import { providerOfId } from '../provider-of-id.ts'
import { refusable } from '../refusable.ts'
import type { ConfiguredProvider } from '../sources.ts'
import { AttemptError } from './attempt.ts'
import { NodeIdInput } from './delete-result.ts'
import { HealthOverride } from './health-override.ts'
import { ProviderRef } from './provider-ref.ts'

const SetProviderOverrideInput = builder.inputType('SetProviderOverrideInput', {
  fields: (t) => ({
    id: t.id({ required: true }),
    override: t.field({ type: HealthOverride, required: true }),
    reason: t.string({ description: 'Required to disable a provider. Everybody can read it.' }),
  }),
})

interface Changed {
  readonly provider: ConfiguredProvider
}

const ProviderSuccess = builder
  .objectRef<Changed>('ProviderSuccess')
  .implement({ fields: (t) => ({ provider: t.expose('provider', { type: ProviderRef }) }) })

const ProviderResult = builder.errorUnion('ProviderResult', {
  types: [ProviderSuccess, ValidationError, NotFoundError, ForbiddenError],
  resolveType: () => 'ProviderSuccess',
})

interface Tested extends Changed {
  readonly error: AttemptFailure | null
  readonly latencyMs: number
}

const TestProviderResult = builder.errorUnion('TestProviderResult', {
  types: [
    builder.objectRef<Tested>('TestProviderSuccess').implement({
      fields: (t) => ({
        provider: t.expose('provider', { type: ProviderRef }),
        ok: t.boolean({ resolve: ({ error }) => error === null }),
        latencyMs: t.exposeFloat('latencyMs', { nullable: true }),
        error: t.expose('error', { type: AttemptError, nullable: true }),
      }),
    }),
    NotFoundError,
    ForbiddenError,
  ],
  resolveType: () => 'TestProviderSuccess',
})

const decides = { authScopes: { may: 'manage-config' }, skipTypeScopes: true } as const

builder.mutationFields((t) => ({
  setProviderOverride: t.field({
    ...decides,
    type: ProviderResult,
    description:
      'FORCE_DISABLED refuses all calls to a provider, FORCE_ENABLED lets them through whatever was measured. For those who run the installation.',
    args: { input: t.arg({ type: SetProviderOverrideInput, required: true }) },
    resolve: (_root, { input: { id, override, reason = null } }, context) =>
      changing(context, id, (name) =>
        context.services.health.setOverride(name, { override, reason }, changerOf(context)),
      ),
  }),
  resetCircuit: t.field({
    ...decides,
    type: ProviderResult,
    description:
      'Closes the circuits of all models of a provider, and enables what was disabled by itself. For those who run the installation.',
    args: { input: t.arg({ type: NodeIdInput, required: true }) },
    resolve: (_root, { input }, context) =>
      changing(context, input.id, (name) =>
        context.services.health.resetCircuit(name, changerOf(context)),
      ),
  }),
  testProvider: t.field({
    ...decides,
    type: TestProviderResult,
    description:
      "A real call to the provider's cheapest endpoint, now: its list of models. For those who run the installation.",
    args: { input: t.arg({ type: NodeIdInput, required: true }) },
    resolve: (_root, { input }, context) =>
      refusable(context, async () => {
        const provider = providerOfId(input.id, context)
        const { name } = provider.config
        const { error, latencyMs } = await context.services.health.test(name, changerOf(context))
        return { provider, latencyMs, error: error ? failureOf(error) : null }
      }),
  }),
}))

const changing = (
  context: GraphqlContext,
  id: string,
  change: (providerName: string) => Promise<void>,
): Promise<Changed> =>
  refusable(context, async () => {
    const provider = providerOfId(id, context)
    await change(provider.config.name)
    return { provider }
  })

function failureOf({ code, message, retryable, details }: GatewayError): AttemptFailure {
  return { code, message, retryable, httpStatus: details.upstream?.status ?? null }
}
