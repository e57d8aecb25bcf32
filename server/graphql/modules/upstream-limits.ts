import type { UpstreamLimits as Limits } from '#domain/upstream-limits.ts'
import { builder } from '../builder.ts'

/** What a provider told of its limits, and when (epoch ms). */
interface Told {
  readonly limits: Limits
  readonly at: number
}

export const UpstreamLimits = builder.objectRef<Told>('UpstreamLimits').implement({
  description: "What the provider's own rate-limit headers last said.",
  fields: (t) => ({
    requestsLimit: t.int({
      nullable: true,
      resolve: ({ limits }) => whole(limits.requests?.limit),
    }),
    requestsRemaining: t.int({
      nullable: true,
      resolve: ({ limits }) => whole(limits.requests?.remaining),
    }),
    tokensLimit: t.int({ nullable: true, resolve: ({ limits }) => whole(limits.tokens?.limit) }),
    tokensRemaining: t.int({
      nullable: true,
      resolve: ({ limits }) => whole(limits.tokens?.remaining),
    }),
    resetsAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When all of it is there again.',
      resolve: ({ limits: { requests, tokens }, at }) => {
        const resets = [requests?.resetMs, tokens?.resetMs].filter((ms) => typeof ms === 'number')
        return resets.length === 0 ? null : at + Math.max(...resets)
      },
    }),
  }),
})

/** The most that an Int can say. */
const largest = 2 ** 31 - 1

const whole = (value: number | undefined): number | null =>
  value === undefined ? null : Math.min(value, largest)
