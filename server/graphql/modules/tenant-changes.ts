import type { Project as ProjectRow, Tenant as TenantRow } from '#generated/prisma/client.ts'
import { ForbiddenError, NotFoundError, ValidationError } from '../api-error.ts'
import { builder } from '../builder.ts'
import { changerOf } from '../changed-allowance.ts'
import { idOfType } from '../global-id.ts'
import { tenantsWithin } from '../reach.ts'
import { refusable } from '../refusable.ts'
import { Project } from './project.ts'
import { Tenant } from './tenant.ts'

const CreateTenantInput = builder.inputType('CreateTenantInput', {
  fields: (t) => ({
    slug: t.string({ required: true }),
    name: t.string({ required: true }),
    reportingTimeZone: t.field({ type: 'TimeZone', required: true, defaultValue: 'UTC' }),
  }),
})

const UpdateTenantInput = builder.inputType('UpdateTenantInput', {
  description: 'What is left out stays as it is.',
  fields: (t) => ({
    id: t.id({ required: true }),
    name: t.string(),
    reportingTimeZone: t.field({ type: 'TimeZone' }),
    storePayloads: t.boolean(),
    retentionDays: t.int(),
  }),
})

const CreateProjectInput = builder.inputType('CreateProjectInput', {
  fields: (t) => ({
    tenantId: t.id({ required: true }),
    slug: t.string({ required: true }),
    name: t.string({ required: true }),
  }),
})

const TenantSuccess = builder
  .objectRef<{ readonly tenant: TenantRow }>('TenantSuccess')
  .implement({ fields: (t) => ({ tenant: t.expose('tenant', { type: Tenant }) }) })

const ProjectSuccess = builder
  .objectRef<{ readonly project: ProjectRow }>('ProjectSuccess')
  .implement({ fields: (t) => ({ project: t.expose('project', { type: Project }) }) })

const refusals = [ValidationError, NotFoundError, ForbiddenError] as const

const TenantResult = builder.errorUnion('TenantResult', {
  types: [TenantSuccess, ...refusals],
  resolveType: () => 'TenantSuccess',
})
const ProjectResult = builder.errorUnion('ProjectResult', {
  types: [ProjectSuccess, ...refusals],
  resolveType: () => 'ProjectSuccess',
})

const administers = { authScopes: { may: 'admin' }, skipTypeScopes: true } as const

builder.queryField('tenants', (t) =>
  t.prismaField({
    type: ['Tenant'],
    description: 'All for those who run the installation, else the viewer’s own.',
    resolve: (query, _root, _args, { services, viewer }) =>
      services.prisma.tenant.findMany({
        ...query,
        where: tenantsWithin(viewer),
        orderBy: { slug: 'asc' },
      }),
  }),
)

builder.mutationFields((t) => ({
  createTenant: t.field({
    ...administers,
    type: TenantResult,
    args: { input: t.arg({ type: CreateTenantInput, required: true }) },
    resolve: (_root, { input }, context) =>
      refusable(context, async () => ({
        tenant: await context.services.access.tenants.create(input, changerOf(context)),
      })),
  }),
  updateTenant: t.field({
    ...administers,
    type: TenantResult,
    args: { input: t.arg({ type: UpdateTenantInput, required: true }) },
    resolve: (_root, { input }, context) =>
      refusable(context, async () => {
        const { name, reportingTimeZone, storePayloads, retentionDays } = input
        const patch = {
          ...(typeof name === 'string' && { name }),
          ...(reportingTimeZone && { reportingTimeZone }),
          ...(typeof storePayloads === 'boolean' && { storePayloads }),
          ...(typeof retentionDays === 'number' && { retentionDays }),
        }
        const id = idOfType('Tenant', input.id)
        const by = changerOf(context)
        return { tenant: await context.services.access.tenants.update(id, { patch, by }) }
      }),
  }),
  createProject: t.field({
    authScopes: { may: 'manage-keys' },
    skipTypeScopes: true,
    type: ProjectResult,
    args: { input: t.arg({ type: CreateProjectInput, required: true }) },
    resolve: (_root, { input: { slug, name, tenantId } }, context) =>
      refusable(context, async () => {
        const wanted = { tenantId: idOfType('Tenant', tenantId), slug, name }
        return {
          project: await context.services.access.projects.create(wanted, changerOf(context)),
        }
      }),
  }),
}))
