import { builder } from '../builder.ts'
import { requestSelection } from '../request-selection.ts'
import type { ErrorGroup as Group } from '../sources.ts'
import { ErrorCode } from './error-code.ts'
import { ProviderRef } from './provider-ref.ts'
import { Request } from './request.ts'
import { RequestFilter } from './request-filter.ts'

const ErrorGroup = builder.objectRef<Group>('ErrorGroup').implement({
  description:
    'Failures that share provider, model, code and a message with its numbers and ids taken out.',
  fields: (t) => ({
    fingerprint: t.exposeID('fingerprint'),
    provider: t.field({
      type: ProviderRef,
      nullable: true,
      resolve: ({ providerName }, _args, { services }) =>
        providerName === null ? null : services.providers.find(providerName),
    }),
    model: t.exposeString('model', { nullable: true }),
    code: t.expose('code', { type: ErrorCode }),
    message: t.exposeString('message'),
    count: t.expose('count', {
      type: 'BigInt',
      description: 'Failed attempts, and calls that failed otherwise than one of their attempts.',
    }),
    rescued: t.expose('rescued', {
      type: 'BigInt',
      description: 'Failed attempts whose call another attempt then served.',
    }),
    firstSeenAt: t.expose('firstSeenAt', { type: 'DateTime' }),
    lastSeenAt: t.expose('lastSeenAt', { type: 'DateTime' }),
    sample: t.field({ type: Request, resolve: ({ sampleId }) => sampleId }),
    trend: t.intList({
      description: 'Counts in 24 equal parts of the time range of the filter.',
      resolve: ({ trend }) => [...trend],
    }),
  }),
})

builder.queryField('errorGroups', (t) =>
  t.field({
    type: [ErrorGroup],
    description:
      "Most frequent first. The filter's provider, model and errorCode are held against the failures: the attempt that rescued a call has others.",
    args: {
      filter: t.arg({ type: RequestFilter, required: true }),
      limit: t.arg.int({ required: true, defaultValue: 50 }),
    },
    resolve: async (_root, { filter, limit }, context) => {
      const { services, viewer } = context
      const selection = await requestSelection(filter, context)
      return [
        ...(await services.reads.errorGroups({
          tenantId: viewer.tenantId,
          filter: selection,
          limit,
        })),
      ]
    },
  }),
)
