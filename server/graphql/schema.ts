import './scalars.ts'
import './modules/error.ts'
import './modules/alert.ts'
import './modules/allowance-error.ts'
import './modules/allowances-of.ts'
import './modules/api-key-changes.ts'
import './modules/api-key-list.ts'
import './modules/audit-log.ts'
import './modules/budget-changes.ts'
import './modules/quota-changes.ts'
import './modules/complete.ts'
import './modules/completion-event.ts'
import './modules/completion-plan.ts'
import './modules/cost-drift.ts'
import './modules/error-group.ts'
import './modules/gateway-event.ts'
import './modules/live-metrics.ts'
import './modules/model.ts'
import './modules/model-price-changes.ts'
import './modules/provider.ts'
import './modules/provider-changes.ts'
import './modules/recalculate-costs.ts'
import './modules/request-facet.ts'
import './modules/request-list.ts'
import './modules/request-tail.ts'
import './modules/server-info.ts'
import './modules/tenant-changes.ts'
import './modules/usage.ts'
import './modules/viewer.ts'
import type { GraphQLSchema } from 'graphql'
import { builder } from './builder.ts'

builder.queryType({ authScopes: { may: 'read' } })
builder.mutationType({ authScopes: { may: 'complete' } })
builder.subscriptionType()

/** The schema that is served. */
export const schema: GraphQLSchema = builder.toSchema()
