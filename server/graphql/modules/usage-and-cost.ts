import type { Cost as DomainCost } from '#domain/price.ts'
import type { TokenUsage as DomainUsage } from '#domain/usage.ts'
import { builder } from '../builder.ts'

const UsageSource = builder.enumType('UsageSource', {
  values: ['PROVIDER_REPORTED', 'ESTIMATED'] as const,
})

export const CostSource = builder.enumType('CostSource', {
  description: 'UNPRICED means no price is known: `total` is then null, never zero.',
  values: ['PROVIDER_REPORTED', 'PRICE_TABLE', 'UNPRICED'] as const,
})

export const TokenUsage = builder.objectRef<DomainUsage>('TokenUsage').implement({
  description: 'Cached and written parts are inside inputTokens, reasoning inside outputTokens.',
  fields: (t) => ({
    inputTokens: t.exposeInt('inputTokens'),
    cacheReadInputTokens: t.exposeInt('cacheReadInputTokens'),
    cacheWriteInputTokens: t.exposeInt('cacheWriteInputTokens'),
    outputTokens: t.exposeInt('outputTokens'),
    reasoningOutputTokens: t.exposeInt('reasoningOutputTokens'),
    totalTokens: t.int({
      resolve: ({ inputTokens, outputTokens }) => Math.min(inputTokens + outputTokens, 2 ** 31 - 1),
    }),
    source: t.expose('source', { type: UsageSource }),
  }),
})

export const Cost = builder.objectRef<DomainCost>('Cost').implement({
  fields: (t) => ({
    total: t.expose('total', { type: 'Decimal', nullable: true }),
    input: t.expose('input', { type: 'Decimal', nullable: true }),
    output: t.expose('output', { type: 'Decimal', nullable: true }),
    cacheRead: t.expose('cacheRead', { type: 'Decimal', nullable: true }),
    cacheWrite: t.expose('cacheWrite', { type: 'Decimal', nullable: true }),
    other: t.expose('other', { type: 'Decimal', nullable: true }),
    source: t.expose('source', { type: CostSource }),
    priceVersion: t.exposeString('priceVersion', { nullable: true }),
  }),
})
