import DataLoader from 'dataloader'
import type { Viewer } from '#domain/access.ts'
import { type Allowance, type AllowanceScope, scopeKey } from '#domain/allowance.ts'
import type { AllowanceState } from '#domain/allowance-state.ts'
import type { BudgetPeriodRecord } from '#domain/budget-history.ts'
import type { AllowanceSource } from './allowance-source.ts'

/** What budgets and quotas, and what has them, ask for one by one and get by one statement each. */
export interface AllowanceLoaders {
  /** Also a deleted one, which a refusal may still name. */
  ever(id: string): Promise<AllowanceState | undefined>
  ofScope(kind: Allowance['kind'], scope: AllowanceScope): Promise<AllowanceState[]>
  history(budget: AllowanceState, last: number): Promise<readonly BudgetPeriodRecord[]>
  /** Calls refused within the last hour. */
  refusals(id: string): Promise<number>
}

export function createAllowanceLoaders(source: AllowanceSource, reader: Viewer): AllowanceLoaders {
  const ever = new DataLoader<string, AllowanceState | undefined>(async (ids) => {
    const states = await source.find({ ids, reader, deleted: true })
    const byId = new Map(states.map((state) => [state.allowance.id, state]))
    return ids.map((id) => byId.get(id))
  })
  const ofScope = new DataLoader<AllowanceScope, readonly AllowanceState[], string>(
    async (scopes) => {
      const states = await source.ofScopes({ scopes, reader })
      const byScope = Map.groupBy(states, ({ allowance }) => keyOf(allowance.scope))
      return scopes.map((scope) => byScope.get(keyOf(scope)) ?? [])
    },
    { cacheKeyFn: keyOf },
  )
  const histories = new Map<number, DataLoader<AllowanceState, readonly BudgetPeriodRecord[]>>()
  const refusals = new DataLoader<string, number>(async (ids) => {
    const counts = await source.refusals(ids)
    return ids.map((id) => counts.get(id) ?? 0)
  })
  return {
    ever: (id) => ever.load(id),
    async ofScope(kind, scope) {
      return (await ofScope.load(scope)).filter(({ allowance }) => allowance.kind === kind)
    },
    history(budget, last) {
      const loader =
        histories.get(last) ??
        new DataLoader((budgets: readonly AllowanceState[]) => source.histories({ budgets, last }))
      histories.set(last, loader)
      return loader.load(budget)
    },
    refusals: (id) => refusals.load(id),
  }
}

const keyOf = ({ kind, value }: AllowanceScope): string => scopeKey(kind, value)
