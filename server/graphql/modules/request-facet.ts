import { builder } from '../builder.ts'
import { requestSelection } from '../request-selection.ts'
import type { RequestFacet as Facet } from '../sources.ts'
import { RequestFilter } from './request-filter.ts'

const FacetField = builder.enumType('FacetField', {
  values: [
    'PROVIDER',
    'MODEL',
    'API_KEY',
    'END_USER',
    'STATUS',
    'ERROR_CODE',
    'TAG',
    'SURFACE',
    'HTTP_STATUS',
  ] as const,
})

const FacetValue = builder.objectRef<Facet['values'][number]>('FacetValue').implement({
  fields: (t) => ({ value: t.exposeString('value'), count: t.expose('count', { type: 'BigInt' }) }),
})

const RequestFacet = builder.objectRef<Facet>('RequestFacet').implement({
  fields: (t) => ({
    field: t.expose('field', { type: FacetField }),
    values: t.field({ type: [FacetValue], resolve: ({ values }) => [...values] }),
    otherCount: t.expose('otherCount', { type: 'BigInt' }),
  }),
})

builder.queryField('requestFacets', (t) =>
  t.field({
    type: [RequestFacet],
    args: {
      filter: t.arg({ type: RequestFilter, required: true }),
      fields: t.arg({ type: [FacetField], required: true }),
      limit: t.arg.int({ required: true, defaultValue: 20 }),
    },
    resolve: async (_root, { filter, fields, limit }, context) => {
      const { services, viewer } = context
      const selection = await requestSelection(filter, context)
      return [
        ...(await services.reads.facets({
          tenantId: viewer.tenantId,
          filter: selection,
          fields,
          limit,
        })),
      ]
    },
  }),
)
