import type { AllowancePeriod, AllowanceUnit } from '#domain/allowance.ts'
import { remaining, used } from '#domain/allowance-state.ts'
import { GatewayError } from '#domain/errors.ts'
import { builder } from '../builder.ts'
import type { GraphqlContext } from '../context.ts'
import { plainScope, tenantOfScope } from '../scope-value.ts'
import { Scope, ScopeInput } from './scope.ts'

type Unit = Exclude<AllowanceUnit, 'TICKS'>

const units: Readonly<Record<Unit, true>> = {
  REQUESTS: true,
  TOKENS: true,
  CONCURRENT_REQUESTS: true,
}

export const QuotaUnit = builder.enumType('QuotaUnit', { values: Object.keys(units) as Unit[] })

/** The contract's words for the periods that a quota can have. */
export const quotaWindows = {
  SECOND: 'SECOND',
  MINUTE: 'MINUTE',
  HOUR: 'HOUR',
  DAY: 'DAY',
  MONTH: 'MONTH',
  NONE: 'TOTAL',
} as const satisfies Readonly<Record<string, AllowancePeriod>>

type WindowWord = keyof typeof quotaWindows

const windowWords = Object.keys(quotaWindows) as WindowWord[]

export const QuotaWindow = builder.enumType('QuotaWindow', {
  description: 'DAY and MONTH follow the calendar in timeZone; NONE is for CONCURRENT_REQUESTS.',
  values: windowWords,
})

/** Fields of this type return a state that is at hand. */
export const Quota = builder.loadableNodeRef('Quota', {
  id: { resolve: ({ allowance }) => allowance.id },
  load: async (ids: string[], { services, viewer }: GraphqlContext) => {
    const states = await services.allowances.find({ ids, reader: viewer })
    const quotas = states.filter(({ allowance }) => allowance.kind === 'QUOTA')
    const byId = new Map(quotas.map((state) => [state.allowance.id, state]))
    return ids.map(
      (id) =>
        byId.get(id.toLowerCase()) ?? new GatewayError('NOT_FOUND', 'There is no such quota.'),
    )
  },
})

Quota.implement({
  fields: (t) => ({
    name: t.string({ resolve: ({ allowance }) => allowance.name }),
    scope: t.field({ type: Scope, resolve: (state) => state }),
    unit: t.field({ type: QuotaUnit, resolve: ({ allowance }) => unitOf(allowance.unit) }),
    limit: t.field({ type: 'BigInt', resolve: ({ allowance }) => allowance.limit }),
    window: t.field({ type: QuotaWindow, resolve: ({ allowance }) => wordOf(allowance.period) }),
    timeZone: t.field({ type: 'TimeZone', resolve: ({ allowance }) => allowance.timeZone }),
    used: t.field({ type: 'BigInt', resolve: used }),
    remaining: t.field({ type: 'BigInt', resolve: remaining }),
    resetsAt: t.field({ type: 'DateTime', nullable: true, resolve: ({ window }) => window.endsAt }),
    throttledLastHour: t.int({
      resolve: ({ allowance }, _args, { loaders }) => loaders.allowances.refusals(allowance.id),
    }),
    version: t.exposeInt('version'),
  }),
})

function unitOf(unit: AllowanceUnit): Unit {
  if (unit === 'TICKS') throw new TypeError('a quota of money')
  return unit
}

function wordOf(period: AllowancePeriod): WindowWord {
  const word = windowWords.find((each) => quotaWindows[each] === period)
  if (!word) throw new TypeError(`a quota of a ${period}`)
  return word
}

builder.queryField('quotas', (t) =>
  t.field({
    type: [Quota],
    description: 'The oldest 500 that fit.',
    args: { scope: t.arg({ type: ScopeInput }) },
    resolve: async (_root, args, { services, viewer }) => {
      const scope = args.scope ? plainScope(args.scope) : undefined
      const tenantId = tenantOfScope(scope, viewer)
      const { states } = await services.allowances.page({
        kind: 'QUOTA',
        scope,
        tenantId,
        first: 500,
      })
      return [...states]
    },
  }),
)
