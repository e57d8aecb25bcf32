import type { GatewayEvent as Event } from '#events/gateway-events.ts'
import { GatewayError } from '#domain/errors.ts'
import { builder } from '../builder.ts'
import { oneByOne } from '../one-by-one.ts'
import { Alert } from './alert.ts'
import { Budget } from './budget.ts'
import { HealthState } from './health-state.ts'
import { ProviderRef } from './provider-ref.ts'

type Of<Kind extends Event['kind']> = Extract<Event, { kind: Kind }>

const gone = (what: string) => new GatewayError('NOT_FOUND', `The ${what} is gone.`)

const AlertChanged = builder.objectRef<Of<'ALERT'>>('AlertChanged').implement({
  fields: (t) => ({
    alert: t.field({
      type: Alert,
      resolve: async ({ alertId: id }, _args, { services, viewer }) => {
        const where = { id, tenantId: viewer.tenantId }
        const alert = await services.prisma.alert.findFirst({ where })
        if (!alert) throw gone('alert')
        return alert
      },
    }),
    at: t.expose('at', { type: 'DateTime' }),
  }),
})

const BudgetChanged = builder.objectRef<Of<'BUDGET'>>('BudgetChanged').implement({
  description: 'At most one a second for each budget.',
  fields: (t) => ({
    budget: t.field({
      type: Budget,
      resolve: async ({ allowanceId }, _args, { services, viewer: reader }) => {
        const asked = { ids: [allowanceId], reader, deleted: true }
        const [state] = await services.allowances.find(asked)
        if (!state) throw gone('budget')
        return state
      },
    }),
    thresholdCrossed: t.exposeFloat('thresholdCrossed', { nullable: true }),
    at: t.expose('at', { type: 'DateTime' }),
  }),
})

const ProviderHealthChanged = builder.objectRef<Of<'HEALTH'>>('ProviderHealthChanged').implement({
  fields: (t) => ({
    provider: t.field({
      type: ProviderRef,
      resolve: ({ providerName }, _args, { services }) => {
        const provider = services.providers.find(providerName)
        if (!provider) throw gone('provider')
        return provider
      },
    }),
    from: t.expose('from', { type: HealthState }),
    to: t.expose('to', { type: HealthState }),
    at: t.expose('at', { type: 'DateTime' }),
  }),
})

const names = {
  ALERT: 'AlertChanged',
  BUDGET: 'BudgetChanged',
  HEALTH: 'ProviderHealthChanged',
} as const satisfies Readonly<Record<Event['kind'], string>>

const GatewayEvent = builder.unionType('GatewayEvent', {
  types: [ProviderHealthChanged, BudgetChanged, AlertChanged],
  resolveType: ({ kind }) => names[kind],
})

builder.subscriptionField('events', (t) =>
  t.field({
    type: GatewayEvent,
    authScopes: { may: 'read' },
    description:
      'Nothing is left out silently: it ends with an error where that might be, so that you read again what you show.',
    subscribe: (_root, _args, { services, viewer }) => oneByOne(services.events.subscribe(viewer)),
    resolve: (event) => event,
  }),
)
