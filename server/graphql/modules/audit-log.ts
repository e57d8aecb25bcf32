import type { AuditEvent as Row } from '#generated/prisma/client.ts'
import { builder } from '../builder.ts'
import { within } from '../reach.ts'
import { type RowPage, rowPage } from '../row-page.ts'

const AuditEvent = builder.prismaNode('AuditEvent', {
  id: { field: 'id' },
  nullable: true,
  authScopes: { may: 'admin' },
  findUnique: (id, { viewer }) => ({ id, ...within(viewer) }),
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime' }),
    actor: t.exposeString('actor'),
    action: t.exposeString('action'),
    target: t.exposeString('target'),
    before: t.expose('before', { type: 'JSON', nullable: true }),
    after: t.expose('after', { type: 'JSON', nullable: true }),
    ip: t.exposeString('ip', { nullable: true }),
  }),
})

const AuditEventEdge = builder
  .objectRef<RowPage<Row>['edges'][number]>('AuditEventEdge')
  .implement({
    fields: (t) => ({
      cursor: t.exposeString('cursor'),
      node: t.expose('node', { type: AuditEvent }),
    }),
  })

const AuditEventConnection = builder.objectRef<RowPage<Row>>('AuditEventConnection').implement({
  fields: (t) => ({
    edges: t.field({ type: [AuditEventEdge], resolve: ({ edges }) => [...edges] }),
    pageInfo: t.expose('pageInfo', { type: builder.pageInfoRef() }),
  }),
})

builder.queryField('auditLog', (t) =>
  t.field({
    type: AuditEventConnection,
    authScopes: { may: 'admin' },
    description:
      'For administrators; newest first. Of all tenants for those who run the installation.',
    args: { first: t.arg.int(), after: t.arg.string() },
    resolve: (_root, args, { services, viewer }) =>
      rowPage(args, (query) =>
        services.prisma.auditEvent.findMany({
          ...query,
          where: { ...query.where, ...within(viewer) },
        }),
      ),
  }),
)
