import type { RequestFilter as Selection } from '#domain/request-filter.ts'
import { builder } from '../builder.ts'
import { requestSelection } from '../request-selection.ts'
import type { RequestPage } from '../sources.ts'
import { Request } from './request.ts'
import { RequestFilter } from './request-filter.ts'

const RequestOrderField = builder.enumType('RequestOrderField', {
  values: ['CREATED_AT', 'LATENCY', 'COST', 'TOKENS'] as const,
})
const OrderDirection = builder.enumType('OrderDirection', { values: ['ASC', 'DESC'] as const })

const RequestOrder = builder.inputType('RequestOrder', {
  fields: (t) => ({
    field: t.field({ type: RequestOrderField, required: true, defaultValue: 'CREATED_AT' }),
    direction: t.field({ type: OrderDirection, required: true, defaultValue: 'DESC' }),
  }),
})

const RequestEdge = builder.objectRef<RequestPage['edges'][number]>('RequestEdge').implement({
  fields: (t) => ({
    cursor: t.exposeString('cursor'),
    node: t.field({ type: Request, resolve: ({ id }) => id }),
  }),
})

interface List {
  readonly page: RequestPage
  readonly selection: Selection
}

const RequestConnection = builder.objectRef<List>('RequestConnection').implement({
  fields: (t) => ({
    edges: t.field({ type: [RequestEdge], resolve: ({ page }) => [...page.edges] }),
    pageInfo: t.field({
      type: builder.pageInfoRef(),
      resolve: ({ page: { edges, hasNextPage, hasPreviousPage } }) => ({
        hasNextPage,
        hasPreviousPage,
        startCursor: edges[0]?.cursor ?? null,
        endCursor: edges.at(-1)?.cursor ?? null,
      }),
    }),
    totalCount: t.int({
      nullable: true,
      description: 'Exact up to 10,000, then null.',
      resolve: ({ selection }, _args, { services, viewer }) =>
        services.reads.count({ tenantId: viewer.tenantId, filter: selection }),
    }),
  }),
})

builder.queryField('requests', (t) =>
  t.field({
    type: RequestConnection,
    args: {
      filter: t.arg({ type: RequestFilter, required: true }),
      orderBy: t.arg({ type: RequestOrder }),
      first: t.arg.int(),
      after: t.arg.string(),
      last: t.arg.int(),
      before: t.arg.string(),
    },
    resolve: async (_root, { filter, orderBy, ...page }, context) => {
      const { services, viewer } = context
      const selection = await requestSelection(filter, context)
      const order = orderBy ?? undefined
      return {
        selection,
        page: await services.reads.search({
          tenantId: viewer.tenantId,
          filter: selection,
          order,
          page,
        }),
      }
    },
  }),
)
