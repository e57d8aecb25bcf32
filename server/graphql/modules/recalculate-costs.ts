import type { Ticks } from '#domain/money.ts'
import { ForbiddenError, ValidationError } from '../api-error.ts'
import { builder } from '../builder.ts'
import { changerOf } from '../changed-allowance.ts'
import { refusable } from '../refusable.ts'
import { requestSelection } from '../request-selection.ts'
import { RequestFilter } from './request-filter.ts'

const RecalculateCostsInput = builder.inputType('RecalculateCostsInput', {
  fields: (t) => ({
    filter: t.field({ type: RequestFilter, required: true }),
    onlyUnpriced: t.boolean({ required: true, defaultValue: true }),
    dryRun: t.boolean({ required: true, defaultValue: true }),
  }),
})

interface Recalculated {
  readonly affected: bigint
  readonly before: Ticks
  readonly after: Ticks
}

const RecalculateCostsSuccess = builder
  .objectRef<Recalculated>('RecalculateCostsSuccess')
  .implement({
    fields: (t) => ({
      affected: t.expose('affected', { type: 'BigInt', description: 'Requests that change.' }),
      before: t.expose('before', {
        type: 'Decimal',
        description: 'What these were charged; what has no price counts nothing.',
      }),
      after: t.expose('after', { type: 'Decimal' }),
    }),
  })

const RecalculateCostsResult = builder.errorUnion('RecalculateCostsResult', {
  types: [RecalculateCostsSuccess, ValidationError, ForbiddenError],
  resolveType: () => 'RecalculateCostsSuccess',
})

builder.mutationField('recalculateCosts', (t) =>
  t.field({
    type: RecalculateCostsResult,
    authScopes: { may: 'manage-config' },
    skipTypeScopes: true,
    description:
      "Prices requests again with today's price table: those without a price, or all in the filter.",
    args: { input: t.arg({ type: RecalculateCostsInput, required: true }) },
    resolve: (_root, { input: { filter, onlyUnpriced, dryRun } }, context) =>
      refusable(context, async () => {
        const asked = { filter: await requestSelection(filter, context), onlyUnpriced, dryRun }
        return context.services.costs.recalculate(asked, changerOf(context))
      }),
  }),
)
