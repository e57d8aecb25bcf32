import { builder } from '../builder.ts'
import { within } from '../reach.ts'
import { Tenant } from './tenant.ts'

export const Project = builder.prismaNode('Project', {
  id: { field: 'id' },
  nullable: true,
  findUnique: (id, { viewer }) => ({ id, ...within(viewer) }),
  fields: (t) => ({
    slug: t.exposeString('slug'),
    name: t.exposeString('name'),
    tenant: t.field({
      type: Tenant,
      resolve: ({ tenantId }, _args, { loaders }) => loaders.tenant(tenantId),
    }),
  }),
})
