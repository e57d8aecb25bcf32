import type { Alert as Row } from '#generated/prisma/client.ts'
import { type AlertKind as Kind, type AlertSeverity, alertSeverities } from '#domain/alert.ts'
import { ForbiddenError, NotFoundError } from '../api-error.ts'
import { builder } from '../builder.ts'
import { changerOf } from '../changed-allowance.ts'
import { idOfType } from '../global-id.ts'
import { refusable } from '../refusable.ts'
import { type RowPage, rowPage } from '../row-page.ts'
import { NodeIdInput } from './delete-result.ts'

const AlertKind = builder.enumType('AlertKind', { values: Object.keys(alertSeverities) as Kind[] })

const severities: Readonly<Record<AlertSeverity, true>> = { INFO: true, WARNING: true, ERROR: true }

const Severity = builder.enumType('Severity', {
  values: Object.keys(severities) as AlertSeverity[],
})

export const Alert = builder.prismaNode('Alert', {
  id: { field: 'id' },
  nullable: true,
  description:
    'Opened once, resolved once: repeats of the same condition raise `count`, not new alerts.',
  findUnique: (id, { viewer }) => ({ id, tenantId: viewer.tenantId }),
  fields: (t) => ({
    kind: t.field({ type: AlertKind, resolve: ({ kind }) => kind as Kind }),
    severity: t.field({ type: Severity, resolve: ({ severity }) => severity as AlertSeverity }),
    subject: t.exposeString('subject'),
    message: t.exposeString('message'),
    count: t.exposeInt('count'),
    openedAt: t.expose('openedAt', { type: 'DateTime' }),
    lastSeenAt: t.expose('lastSeenAt', { type: 'DateTime' }),
    resolvedAt: t.expose('resolvedAt', { type: 'DateTime', nullable: true }),
    acknowledgedAt: t.expose('acknowledgedAt', { type: 'DateTime', nullable: true }),
  }),
})

const AlertEdge = builder.objectRef<RowPage<Row>['edges'][number]>('AlertEdge').implement({
  fields: (t) => ({ cursor: t.exposeString('cursor'), node: t.expose('node', { type: Alert }) }),
})

const AlertConnection = builder.objectRef<RowPage<Row>>('AlertConnection').implement({
  fields: (t) => ({
    edges: t.field({ type: [AlertEdge], resolve: ({ edges }) => [...edges] }),
    pageInfo: t.expose('pageInfo', { type: builder.pageInfoRef() }),
  }),
})

builder.queryField('alerts', (t) =>
  t.field({
    type: AlertConnection,
    description: 'Newest first.',
    args: {
      first: t.arg.int(),
      after: t.arg.string(),
      openOnly: t.arg.boolean({ required: true, defaultValue: false }),
    },
    resolve: (_root, { openOnly, ...page }, { services, viewer }) =>
      rowPage(page, (query) =>
        services.prisma.alert.findMany({
          ...query,
          where: {
            ...query.where,
            tenantId: viewer.tenantId,
            ...(openOnly && { resolvedAt: null }),
          },
        }),
      ),
  }),
)

const AlertSuccess = builder
  .objectRef<{ readonly alert: Row }>('AlertSuccess')
  .implement({ fields: (t) => ({ alert: t.expose('alert', { type: Alert }) }) })

const AlertResult = builder.errorUnion('AlertResult', {
  types: [AlertSuccess, NotFoundError, ForbiddenError],
  resolveType: () => 'AlertSuccess',
})

builder.mutationField('acknowledgeAlert', (t) =>
  t.field({
    type: AlertResult,
    authScopes: { may: 'manage-budgets' },
    skipTypeScopes: true,
    args: { input: t.arg({ type: NodeIdInput, required: true }) },
    resolve: (_root, { input }, context) =>
      refusable(context, async () => {
        const { services, viewer } = context
        const id = idOfType('Alert', input.id)
        await services.costs.acknowledgeAlert(id, changerOf(context))
        const where = { id, tenantId: viewer.tenantId }
        return { alert: await services.prisma.alert.findFirstOrThrow({ where }) }
      }),
  }),
)
