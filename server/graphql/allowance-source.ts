import type { Viewer } from '#domain/access.ts'
import type { Allowance, AllowanceScope } from '#domain/allowance.ts'
import type { AllowanceDraft, AllowanceEdit } from '#domain/allowance-draft.ts'
import type { AllowanceState } from '#domain/allowance-state.ts'
import type { Changer } from '#domain/audit.ts'
import type { BudgetPeriodRecord } from '#domain/budget-history.ts'

type Reader = Pick<Viewer, 'tenantId' | 'runsInstallation'>

interface Key {
  readonly kind: Allowance['kind']
  readonly id: string
}

interface Selection {
  readonly kind: Allowance['kind']
  readonly scope?: AllowanceScope | undefined
  /** Null: of any tenant. */
  readonly tenantId: string | null
}

/** Budgets and quotas: how they stand, and changes. What a reader may not see is not there. */
export interface AllowanceSource {
  find(asked: {
    readonly ids: readonly string[]
    readonly reader: Reader
    readonly deleted?: boolean
  }): Promise<readonly AllowanceState[]>
  ofScopes(asked: {
    readonly scopes: readonly AllowanceScope[]
    readonly reader: Reader
  }): Promise<readonly AllowanceState[]>
  page(
    asked: Selection & { readonly first: number; readonly after?: string | undefined },
  ): Promise<{ readonly states: readonly AllowanceState[]; readonly hasNextPage: boolean }>
  count(asked: Selection): Promise<number>
  /** By the order of the budgets. @throws {GatewayError} INVALID_REQUEST for a `last` beyond 1 to 100. */
  histories(asked: {
    readonly budgets: readonly AllowanceState[]
    readonly last: number
  }): Promise<readonly (readonly BudgetPeriodRecord[])[]>
  /** How many calls each has refused within the last hour, by id. */
  refusals(ids: readonly string[]): Promise<ReadonlyMap<string, number>>
  /** All changes throw a GatewayError FORBIDDEN, NOT_FOUND, INVALID_REQUEST or CONFLICT. */
  create(draft: AllowanceDraft, by: Changer): Promise<string>
  update(
    change: Key & { readonly expectedVersion: number; readonly edit: AllowanceEdit },
    by: Changer,
  ): Promise<void>
  remove(key: Key, by: Changer): Promise<void>
}
