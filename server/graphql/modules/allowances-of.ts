import type { ScopeKind } from '#domain/allowance.ts'
import type { GraphqlContext } from '../context.ts'
import { builder } from '../builder.ts'
import { ApiKey } from './api-key.ts'
import { Budget } from './budget.ts'
import { Quota } from './quota.ts'
import { Project } from './project.ts'
import { Tenant } from './tenant.ts'

/** The budgets and quotas whose scope something is. */
const budgetsOf =
  (kind: ScopeKind) =>
  ({ id }: { readonly id: string }, _args: object, { loaders }: GraphqlContext) =>
    loaders.allowances.ofScope('BUDGET', { kind, value: id })

const quotasOf =
  (kind: ScopeKind) =>
  ({ id }: { readonly id: string }, _args: object, { loaders }: GraphqlContext) =>
    loaders.allowances.ofScope('QUOTA', { kind, value: id })

builder.objectFields(Tenant, (t) => ({
  budgets: t.field({ type: [Budget], resolve: budgetsOf('TENANT') }),
  quotas: t.field({ type: [Quota], resolve: quotasOf('TENANT') }),
}))

builder.objectFields(Project, (t) => ({
  budgets: t.field({ type: [Budget], resolve: budgetsOf('PROJECT') }),
  quotas: t.field({ type: [Quota], resolve: quotasOf('PROJECT') }),
}))

builder.objectFields(ApiKey, (t) => ({
  budgets: t.field({ type: [Budget], resolve: budgetsOf('API_KEY') }),
  quotas: t.field({ type: [Quota], resolve: quotasOf('API_KEY') }),
}))
