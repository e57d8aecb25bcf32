import { type AccessRole as Role, scopesOf } from '#domain/access-role.ts'
import { builder } from '../builder.ts'
import { Tenant } from './tenant.ts'

const AccessRole = builder.enumType('AccessRole', {
  description: 'A named set of scopes.',
  values: Object.keys(scopesOf) as Role[],
})

export const ApiKey = builder.prismaNode('ApiKey', {
  id: { field: 'id' },
  findUnique: (id, { viewer }) => ({ id, tenantId: viewer.tenantId }),
  fields: (t) => ({
    publicId: t.exposeString('publicId', { description: 'The part that may be logged.' }),
    name: t.exposeString('name'),
    tenant: t.field({ type: Tenant, resolve: (_key, _args, { loaders }) => loaders.tenant() }),
    role: t.field({ type: AccessRole, resolve: ({ role }) => role as Role }),
    scopes: t.stringList({ resolve: ({ role }) => [...scopesOf[role as Role]] }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    lastUsedAt: t.expose('lastUsedAt', { type: 'DateTime', nullable: true }),
  }),
})
