import type { AttemptFailure } from '#domain/request-record.ts'
import type { AttemptView } from '../attempt-view.ts'
import { builder } from '../builder.ts'
import { ErrorCode } from './error-code.ts'
import { ProviderRef } from './provider-ref.ts'

const AttemptStatus = builder.enumType('AttemptStatus', {
  values: [
    'IN_PROGRESS',
    'SUCCEEDED',
    'FAILED',
    'TIMED_OUT',
    'SKIPPED_CIRCUIT_OPEN',
    'SKIPPED_RATE_LIMITED',
    'SKIPPED_INCAPABLE',
    'CANCELLED',
  ] as const,
})

export const AttemptError = builder.objectRef<AttemptFailure>('AttemptError').implement({
  fields: (t) => ({
    code: t.expose('code', { type: ErrorCode }),
    message: t.exposeString('message'),
    retryable: t.exposeBoolean('retryable'),
    httpStatus: t.exposeInt('httpStatus', { nullable: true }),
  }),
})

export const Attempt = builder.objectRef<AttemptView>('Attempt').implement({
  description: 'One upstream try.',
  fields: (t) => ({
    index: t.exposeInt('index'),
    providerName: t.exposeString('providerName'),
    provider: t.field({
      type: ProviderRef,
      nullable: true,
      description: 'Null once the provider is gone from the configuration.',
      resolve: ({ providerName }, _args, { services }) => services.providers.find(providerName),
    }),
    model: t.exposeString('model'),
    startedAt: t.expose('startedAt', { type: 'DateTime' }),
    durationMs: t.float({
      resolve: ({ durationMs, startedAt }, _args, { services }) =>
        durationMs ?? services.clock.epochMs() - startedAt,
    }),
    timeToFirstTokenMs: t.exposeFloat('timeToFirstTokenMs', { nullable: true }),
    status: t.expose('status', { type: AttemptStatus }),
    error: t.expose('error', { type: AttemptError, nullable: true }),
    upstreamRequestId: t.exposeString('upstreamRequestId', { nullable: true }),
    cost: t.expose('cost', { type: 'Decimal', nullable: true }),
  }),
})
