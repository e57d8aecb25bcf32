import type { AllowanceAction, AllowancePeriod, AllowanceScope } from '#domain/allowance.ts'
import { type AllowanceState, remaining, utilisation } from '#domain/allowance-state.ts'
import { type BudgetForecast as Forecast, forecastBudget } from '#domain/budget-forecast.ts'
import type { BudgetPeriodRecord as Period } from '#domain/budget-history.ts'
import { GatewayError } from '#domain/errors.ts'
import { builder } from '../builder.ts'
import type { GraphqlContext } from '../context.ts'
import { cursorOf, keysetPage } from '../keyset-page.ts'
import { plainScope, tenantOfScope } from '../scope-value.ts'
import { Scope, ScopeInput } from './scope.ts'

/** The contract's words for the periods that a budget can have. */
export const budgetPeriods = {
  DAILY: 'DAY',
  WEEKLY: 'WEEK',
  MONTHLY: 'MONTH',
  TOTAL: 'TOTAL',
} as const satisfies Readonly<Record<string, AllowancePeriod>>

type PeriodWord = keyof typeof budgetPeriods

const periodWords = Object.keys(budgetPeriods) as PeriodWord[]

export const BudgetPeriod = builder.enumType('BudgetPeriod', { values: periodWords })

const actions: Readonly<Record<AllowanceAction, true>> = { NOTIFY: true, BLOCK: true }

export const BudgetAction = builder.enumType('BudgetAction', {
  values: Object.keys(actions) as AllowanceAction[],
})

const BudgetForecast = builder.objectRef<Forecast>('BudgetForecast').implement({
  fields: (t) => ({
    projectedSpend: t.expose('projectedSpend', { type: 'Decimal' }),
    exhaustsAt: t.expose('exhaustsAt', { type: 'DateTime', nullable: true }),
  }),
})

const BudgetPeriodRecord = builder.objectRef<Period>('BudgetPeriodRecord').implement({
  fields: (t) => ({
    from: t.expose('from', { type: 'DateTime' }),
    to: t.expose('to', { type: 'DateTime' }),
    spent: t.expose('spent', { type: 'Decimal' }),
    limit: t.expose('limit', { type: 'Decimal' }),
  }),
})

/** Fields of this type return a state that is at hand. */
export const Budget = builder.loadableNodeRef('Budget', {
  id: { resolve: ({ allowance }) => allowance.id },
  load: async (ids: string[], { services, viewer }: GraphqlContext) => {
    const states = await services.allowances.find({ ids, reader: viewer })
    const budgets = states.filter(({ allowance }) => allowance.kind === 'BUDGET')
    const byId = new Map(budgets.map((state) => [state.allowance.id, state]))
    return ids.map(
      (id) =>
        byId.get(id.toLowerCase()) ?? new GatewayError('NOT_FOUND', 'There is no such budget.'),
    )
  },
})

/** How many periods a forecast looks back. */
const forecastPeriods = 3

Budget.implement({
  description: 'spent + reserved never exceeds limit when action is BLOCK.',
  fields: (t) => ({
    name: t.string({ resolve: ({ allowance }) => allowance.name }),
    scope: t.field({ type: Scope, resolve: (state) => state }),
    limit: t.field({ type: 'Decimal', resolve: ({ allowance }) => allowance.limit }),
    period: t.field({ type: BudgetPeriod, resolve: ({ allowance }) => wordOf(allowance.period) }),
    timeZone: t.field({ type: 'TimeZone', resolve: ({ allowance }) => allowance.timeZone }),
    action: t.field({ type: BudgetAction, resolve: ({ allowance }) => allowance.action }),
    alertThresholds: t.floatList({ resolve: ({ allowance }) => [...allowance.thresholds] }),
    spent: t.expose('spent', { type: 'Decimal' }),
    reserved: t.expose('held', { type: 'Decimal' }),
    remaining: t.field({ type: 'Decimal', resolve: remaining }),
    overage: t.expose('overage', {
      type: 'Decimal',
      description: 'Charged above its holds, in all.',
    }),
    utilisation: t.float({ resolve: utilisation }),
    periodStart: t.field({ type: 'DateTime', resolve: ({ window }) => window.startsAt }),
    resetsAt: t.field({
      type: 'DateTime',
      nullable: true,
      resolve: ({ window }) => window.endsAt,
    }),
    forecast: t.field({
      type: BudgetForecast,
      nullable: true,
      resolve: async (state, _args, { loaders }) => {
        const past = await loaders.allowances.history(state, forecastPeriods)
        return forecastOf(state, past)
      },
    }),
    history: t.field({
      type: [BudgetPeriodRecord],
      description: 'Periods that have ended, oldest first; at most 100.',
      args: { last: t.arg.int({ required: true, defaultValue: 6 }) },
      resolve: async (state, { last }, { loaders }) => [
        ...(await loaders.allowances.history(state, last)),
      ],
    }),
    paused: t.exposeBoolean('paused'),
    version: t.exposeInt('version'),
  }),
})

function wordOf(period: AllowancePeriod): PeriodWord {
  const word = periodWords.find((each) => budgetPeriods[each] === period)
  if (!word) throw new TypeError(`a budget of a ${period}`)
  return word
}

/** A paused budget is heading nowhere. */
function forecastOf(state: AllowanceState, past: readonly Period[]): Forecast | null {
  const { allowance, createdAt, now, paused, spent, window } = state
  if (paused) return null
  const startsAt = Math.max(window.startsAt, createdAt)
  return forecastBudget({
    limit: allowance.limit,
    spent,
    startsAt,
    endsAt: window.endsAt,
    now,
    past,
  })
}

const BudgetEdge = builder
  .objectRef<{ readonly cursor: string; readonly node: AllowanceState }>('BudgetEdge')
  .implement({
    fields: (t) => ({ cursor: t.exposeString('cursor'), node: t.expose('node', { type: Budget }) }),
  })

interface List {
  readonly states: readonly AllowanceState[]
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
  readonly scope: AllowanceScope | undefined
}

const BudgetConnection = builder.objectRef<List>('BudgetConnection').implement({
  fields: (t) => ({
    edges: t.field({
      type: [BudgetEdge],
      resolve: ({ states }) =>
        states.map((node) => ({ cursor: cursorOf(node.allowance.id), node })),
    }),
    pageInfo: t.field({
      type: builder.pageInfoRef(),
      resolve: ({ states, hasNextPage, hasPreviousPage }) => {
        const [start, end] = [states[0], states.at(-1)]
        return {
          hasNextPage,
          hasPreviousPage,
          startCursor: start ? cursorOf(start.allowance.id) : null,
          endCursor: end ? cursorOf(end.allowance.id) : null,
        }
      },
    }),
    totalCount: t.int({
      resolve: ({ scope }, _args, { services, viewer }) =>
        services.allowances.count({
          kind: 'BUDGET',
          scope,
          tenantId: tenantOfScope(scope, viewer),
        }),
    }),
  }),
})

builder.queryField('budgets', (t) =>
  t.field({
    type: BudgetConnection,
    args: {
      first: t.arg.int(),
      after: t.arg.string(),
      scope: t.arg({ type: ScopeInput }),
    },
    resolve: async (_root, args, { services, viewer }) => {
      const scope = args.scope ? plainScope(args.scope) : undefined
      const { first, after } = keysetPage(args)
      const page = await services.allowances.page({
        kind: 'BUDGET',
        scope,
        tenantId: tenantOfScope(scope, viewer),
        first,
        after,
      })
      return { ...page, hasPreviousPage: after !== undefined, scope }
    },
  }),
)
