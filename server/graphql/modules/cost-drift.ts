import { type CostDrift as Drift, driftRatio } from '#domain/cost-drift.ts'
import { builder } from '../builder.ts'
import { ProviderRef } from './provider-ref.ts'

const CostDrift = builder.objectRef<Drift>('CostDrift').implement({
  description:
    'Over requests of which both are known; what the provider reports is what is charged.',
  fields: (t) => ({
    requests: t.expose('calls', { type: 'BigInt' }),
    reported: t.expose('reported', { type: 'Decimal' }),
    computed: t.expose('computed', {
      type: 'Decimal',
      description: 'What the price table says of the same requests.',
    }),
    ratio: t.float({
      nullable: true,
      description: 'Above 1 where the provider bills more than the price table says.',
      resolve: driftRatio,
    }),
  }),
})

builder.objectField(ProviderRef, 'costDrift', (t) =>
  t.field({
    type: CostDrift,
    nullable: true,
    description:
      "Of the viewer's tenant, over the last 30 days (UTC); null where the provider reports no cost, or no price is known.",
    resolve: async ({ config }, _args, { loaders }) => (await loaders.costDrift()).get(config.name),
  }),
)
