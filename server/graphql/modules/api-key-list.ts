import type { ApiKey as Row } from '#generated/prisma/client.ts'
import { builder } from '../builder.ts'
import type { GraphqlContext } from '../context.ts'
import { within } from '../reach.ts'
import { type RowPage, rowPage } from '../row-page.ts'
import { ApiKey } from './api-key.ts'
import { Tenant } from './tenant.ts'

const ApiKeyEdge = builder.objectRef<RowPage<Row>['edges'][number]>('ApiKeyEdge').implement({
  fields: (t) => ({ cursor: t.exposeString('cursor'), node: t.expose('node', { type: ApiKey }) }),
})

interface List extends RowPage<Row> {
  readonly where: object
}

const ApiKeyConnection = builder.objectRef<List>('ApiKeyConnection').implement({
  fields: (t) => ({
    edges: t.field({ type: [ApiKeyEdge], resolve: ({ edges }) => [...edges] }),
    pageInfo: t.expose('pageInfo', { type: builder.pageInfoRef() }),
    totalCount: t.int({
      resolve: ({ where }, _args, { services }) => services.prisma.apiKey.count({ where }),
    }),
  }),
})

interface Choice {
  readonly first?: number | null
  readonly after?: string | null
  readonly includeRevoked: boolean
}

/** The keys of one tenant, newest first. */
async function keysOf(
  tenantId: string,
  { includeRevoked, ...page }: Choice,
  { services, viewer }: GraphqlContext,
): Promise<List> {
  const revoked = includeRevoked ? {} : { revokedAt: null }
  const where = { AND: [within(viewer), { tenantId }, revoked] }
  const found = await rowPage(page, (query) =>
    services.prisma.apiKey.findMany({ ...query, where: { ...query.where, ...where } }),
  )
  return { ...found, where }
}

builder.queryField('apiKeys', (t) =>
  t.field({
    type: ApiKeyConnection,
    description: 'Of the viewer’s own tenant; those of others are under `tenants`.',
    args: {
      first: t.arg.int(),
      after: t.arg.string(),
      includeRevoked: t.arg.boolean({ required: true, defaultValue: false }),
    },
    resolve: (_root, args, context) => keysOf(context.viewer.tenantId, args, context),
  }),
)

builder.objectField(Tenant, 'apiKeys', (t) =>
  t.field({
    type: ApiKeyConnection,
    args: {
      first: t.arg.int(),
      after: t.arg.string(),
      includeRevoked: t.arg.boolean({ required: true, defaultValue: false }),
    },
    resolve: ({ id }, args, context) => keysOf(id, args, context),
  }),
)
