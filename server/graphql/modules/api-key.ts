import { type AccessRole as Role, scopesOf } from '#domain/access-role.ts'
import type { Priority as Level } from '#domain/request-record.ts'
import { builder } from '../builder.ts'
import { within } from '../reach.ts'
import { AccessRole } from './access-role.ts'
import { Priority } from './priority.ts'
import { Project } from './project.ts'
import { Tenant } from './tenant.ts'

export const ApiKey = builder.prismaNode('ApiKey', {
  id: { field: 'id' },
  nullable: true,
  findUnique: (id, { viewer }) => ({ id, ...within(viewer) }),
  fields: (t) => ({
    publicId: t.exposeString('publicId', { description: 'The part that may be logged.' }),
    name: t.exposeString('name'),
    tenant: t.field({
      type: Tenant,
      resolve: ({ tenantId }, _args, { loaders }) => loaders.tenant(tenantId),
    }),
    project: t.field({
      type: Project,
      nullable: true,
      resolve: ({ projectId }, _args, { loaders }) =>
        projectId === null ? null : loaders.project(projectId),
    }),
    role: t.field({ type: AccessRole, resolve: ({ role }) => role as Role }),
    scopes: t.stringList({ resolve: ({ role }) => [...scopesOf[role as Role]] }),
    allowedModels: t.exposeStringList('allowedModels', {
      description: 'Names such as openai:gpt-5, or openai:* for all that begin so. None: all.',
    }),
    priority: t.field({ type: Priority, resolve: ({ priority }) => priority as Level }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    createdBy: t.exposeString('createdBy'),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', nullable: true }),
    lastUsedAt: t.expose('lastUsedAt', { type: 'DateTime', nullable: true }),
    revokedAt: t.expose('revokedAt', { type: 'DateTime', nullable: true }),
    previousSecretValidUntil: t.expose('previousSecretValidUntil', {
      type: 'DateTime',
      nullable: true,
      description: 'Until when the secret before the last rotation still works.',
    }),
  }),
})
