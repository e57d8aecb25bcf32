import type { ModelPrice as Price, PriceTier as Tier, Rates } from '#domain/price.ts'
import { builder } from '../builder.ts'

const PriceTier = builder.objectRef<Tier>('PriceTier').implement({
  description: 'Rates of a whole request whose input is larger.',
  fields: (t) => ({
    aboveInputTokens: t.exposeInt('aboveInputTokens'),
    inputPerMillion: t.expose('input', { type: 'Decimal' }),
    outputPerMillion: t.expose('output', { type: 'Decimal' }),
    cacheReadPerMillion: t.expose('cacheRead', { type: 'Decimal', nullable: true }),
    cacheWritePerMillion: t.expose('cacheWrite', { type: 'Decimal', nullable: true }),
  }),
})

const ServiceTierPrice = builder
  .objectRef<Rates & { readonly name: string }>('ServiceTierPrice')
  .implement({
    description: 'Rates of a request that the provider served under a service tier.',
    fields: (t) => ({
      name: t.exposeString('name'),
      inputPerMillion: t.expose('input', { type: 'Decimal' }),
      outputPerMillion: t.expose('output', { type: 'Decimal' }),
      cacheReadPerMillion: t.expose('cacheRead', { type: 'Decimal', nullable: true }),
      cacheWritePerMillion: t.expose('cacheWrite', { type: 'Decimal', nullable: true }),
    }),
  })

export const ModelPrice = builder.objectRef<Price>('ModelPrice').implement({
  fields: (t) => ({
    inputPerMillion: t.expose('input', { type: 'Decimal' }),
    outputPerMillion: t.expose('output', { type: 'Decimal' }),
    cacheReadPerMillion: t.expose('cacheRead', { type: 'Decimal', nullable: true }),
    cacheWritePerMillion: t.expose('cacheWrite', { type: 'Decimal', nullable: true }),
    perRequest: t.expose('perRequest', { type: 'Decimal', nullable: true }),
    tiers: t.field({ type: [PriceTier], resolve: ({ tiers = [] }) => [...tiers] }),
    serviceTiers: t.field({
      type: [ServiceTierPrice],
      resolve: ({ serviceTiers = {} }) =>
        Object.entries(serviceTiers).map(([name, rates]) => ({ name, ...rates })),
    }),
    version: t.exposeString('version'),
    effectiveFrom: t.field({
      type: 'DateTime',
      resolve: ({ effectiveFrom }) => new Date(effectiveFrom),
    }),
    overridden: t.boolean({
      description: 'Set by the configuration or through the API.',
      resolve: ({ source }) => source !== undefined,
    }),
  }),
})
