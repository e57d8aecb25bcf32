import { reaches } from '#domain/key-grant.ts'
import { builder } from '../builder.ts'
import { nilId } from '../nil-id.ts'

export const Tenant = builder.prismaNode('Tenant', {
  id: { field: 'id' },
  nullable: true,
  findUnique: (id, { viewer }) => ({ id: reaches(viewer, id) ? id : nilId }),
  fields: (t) => ({
    slug: t.exposeString('slug'),
    name: t.exposeString('name'),
    reportingTimeZone: t.expose('reportingTimeZone', { type: 'TimeZone' }),
    storePayloads: t.exposeBoolean('storePayloads'),
    retentionDays: t.exposeInt('retentionDays'),
    projects: t.relation('projects', { query: { orderBy: { slug: 'asc' } } }),
  }),
})
