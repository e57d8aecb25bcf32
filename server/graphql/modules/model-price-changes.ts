import { checkedPrice } from '#domain/price-draft.ts'
import type { WrittenRates } from '#domain/written-price.ts'
import { ForbiddenError, NotFoundError, ValidationError } from '../api-error.ts'
import { builder } from '../builder.ts'
import { changerOf } from '../changed-allowance.ts'
import type { StoredPrice } from '../cost-source.ts'
import { refusable } from '../refusable.ts'
import { ModelPrice } from './model-price.ts'

const PriceTierInput = builder.inputType('PriceTierInput', {
  description: 'Rates of a whole request whose input is larger.',
  fields: (t) => ({
    aboveInputTokens: t.int({ required: true }),
    inputPerMillion: t.field({ type: 'Decimal', required: true }),
    outputPerMillion: t.field({ type: 'Decimal', required: true }),
    cacheReadPerMillion: t.field({ type: 'Decimal' }),
    cacheWritePerMillion: t.field({ type: 'Decimal' }),
  }),
})

const ServiceTierPriceInput = builder.inputType('ServiceTierPriceInput', {
  fields: (t) => ({
    name: t.string({ required: true }),
    inputPerMillion: t.field({ type: 'Decimal', required: true }),
    outputPerMillion: t.field({ type: 'Decimal', required: true }),
    cacheReadPerMillion: t.field({ type: 'Decimal' }),
    cacheWritePerMillion: t.field({ type: 'Decimal' }),
  }),
})

const SetModelPriceInput = builder.inputType('SetModelPriceInput', {
  description: 'US dollars. Either `free`, or input and output at least.',
  fields: (t) => ({
    provider: t.string({ required: true }),
    model: t.string({ required: true, description: "The provider's own name for it, exactly." }),
    effectiveFrom: t.field({ type: 'DateTime', description: 'Null: from now on.' }),
    free: t.boolean({ required: true, defaultValue: false }),
    inputPerMillion: t.field({ type: 'Decimal' }),
    outputPerMillion: t.field({ type: 'Decimal' }),
    cacheReadPerMillion: t.field({ type: 'Decimal' }),
    cacheWritePerMillion: t.field({ type: 'Decimal' }),
    perRequest: t.field({ type: 'Decimal' }),
    tiers: t.field({ type: [PriceTierInput] }),
    serviceTiers: t.field({ type: [ServiceTierPriceInput] }),
  }),
})

const RemoveModelPriceInput = builder.inputType('RemoveModelPriceInput', {
  fields: (t) => ({
    provider: t.string({ required: true }),
    model: t.string({ required: true }),
    effectiveFrom: t.field({ type: 'DateTime', description: 'Null: all of the model.' }),
  }),
})

const PriceOverride = builder.objectRef<StoredPrice>('PriceOverride').implement({
  description: 'A price that was set through the API.',
  fields: (t) => ({
    provider: t.exposeString('providerName'),
    model: t.exposeString('model'),
    price: t.expose('price', { type: ModelPrice }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    createdBy: t.exposeString('createdBy'),
    removedAt: t.expose('removedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was removed or replaced.',
    }),
  }),
})

const SetModelPriceResult = builder.errorUnion('SetModelPriceResult', {
  types: [
    builder
      .objectRef<{ readonly override: StoredPrice }>('SetModelPriceSuccess')
      .implement({ fields: (t) => ({ override: t.expose('override', { type: PriceOverride }) }) }),
    ValidationError,
    ForbiddenError,
  ],
  resolveType: () => 'SetModelPriceSuccess',
})

const RemoveModelPriceResult = builder.errorUnion('RemoveModelPriceResult', {
  types: [
    builder
      .objectRef<{ readonly removed: number }>('RemoveModelPriceSuccess')
      .implement({ fields: (t) => ({ removed: t.exposeInt('removed') }) }),
    NotFoundError,
    ForbiddenError,
  ],
  resolveType: () => 'RemoveModelPriceSuccess',
})

const manages = { authScopes: { may: 'manage-config' }, skipTypeScopes: true } as const

builder.queryField('priceOverrides', (t) =>
  t.field({
    type: [PriceOverride],
    description:
      'Prices that were set through the API, newest first, removed ones included; at most 500. For those who run the installation.',
    args: { provider: t.arg.string(), model: t.arg.string() },
    authScopes: { may: 'manage-config' },
    resolve: async (_root, { provider, model }, context) => {
      const of = { providerName: provider ?? undefined, model: model ?? undefined, first: 500 }
      return [...(await context.services.costs.priceHistory(of, changerOf(context)))]
    },
  }),
)

builder.mutationFields((t) => ({
  setModelPrice: t.field({
    ...manages,
    type: SetModelPriceResult,
    description:
      'Sets what a model costs from an instant on. It goes before the configuration and the price lists that come with the product. For those who run the installation.',
    args: { input: t.arg({ type: SetModelPriceInput, required: true }) },
    resolve: (_root, { input }, context) =>
      refusable(context, async () => {
        const price = checkedPrice({
          free: input.free,
          input: input.inputPerMillion ?? undefined,
          output: input.outputPerMillion ?? undefined,
          ...cacheRates(input),
          perRequest: input.perRequest ?? undefined,
          tiers: input.tiers?.map((tier) => ({
            aboveInputTokens: tier.aboveInputTokens,
            ...ratesOf(tier),
          })),
          serviceTiers: input.serviceTiers
            ? Object.fromEntries(input.serviceTiers.map((tier) => [tier.name, ratesOf(tier)]))
            : undefined,
        })
        const { provider: providerName, model, effectiveFrom } = input
        const draft = { providerName, model, price, effectiveFrom: effectiveFrom ?? undefined }
        return { override: await context.services.costs.setPrice(draft, changerOf(context)) }
      }),
  }),
  removeModelPrice: t.field({
    ...manages,
    type: RemoveModelPriceResult,
    description: 'What was charged by it stays.',
    args: { input: t.arg({ type: RemoveModelPriceInput, required: true }) },
    resolve: (_root, { input: { provider, model, effectiveFrom } }, context) =>
      refusable(context, async () => {
        const key = { providerName: provider, model, effectiveFrom: effectiveFrom ?? undefined }
        return { removed: await context.services.costs.removePrice(key, changerOf(context)) }
      }),
  }),
}))

interface AskedRates {
  readonly inputPerMillion: string
  readonly outputPerMillion: string
  readonly cacheReadPerMillion?: string | null
  readonly cacheWritePerMillion?: string | null
}

const cacheRates = (asked: Pick<AskedRates, 'cacheReadPerMillion' | 'cacheWritePerMillion'>) => ({
  cacheRead: asked.cacheReadPerMillion ?? undefined,
  cacheWrite: asked.cacheWritePerMillion ?? undefined,
})

const ratesOf = (asked: AskedRates): WrittenRates => ({
  input: asked.inputPerMillion,
  output: asked.outputPerMillion,
  ...cacheRates(asked),
})
