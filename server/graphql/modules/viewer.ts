import type { Viewer as DomainViewer } from '#domain/access.ts'
import { builder } from '../builder.ts'
import { encodeGlobalId } from '../global-id.ts'

const Viewer = builder.objectRef<DomainViewer>('Viewer').implement({
  fields: (t) => ({
    id: t.id({
      resolve: ({ apiKeyId, tenantId }) => encodeGlobalId('Viewer', apiKeyId ?? tenantId),
    }),
    displayName: t.exposeString('displayName'),
    scopes: t.stringList({ resolve: ({ scopes }) => [...scopes] }),
    tenant: t.prismaField({
      type: 'Tenant',
      resolve: (query, { tenantId }, _args, { services }) =>
        services.prisma.tenant.findUniqueOrThrow({ ...query, where: { id: tenantId } }),
    }),
  }),
})

builder.queryField('viewer', (t) =>
  t.field({ type: Viewer, resolve: (_root, _args, { viewer }) => viewer }),
)
