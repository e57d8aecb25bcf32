import { allScopes, type Scope } from './access.ts'

/** A named set of scopes. */
export type AccessRole = 'VIEWER' | 'CALLER' | 'BUDGET_MANAGER' | 'OPERATOR' | 'ADMIN'

export const scopesOf: Readonly<Record<AccessRole, readonly Scope[]>> = {
  VIEWER: ['read'],
  CALLER: ['read', 'complete'],
  BUDGET_MANAGER: ['read', 'manage-budgets'],
  OPERATOR: ['read', 'complete', 'manage-budgets', 'manage-config'],
  ADMIN: allScopes,
}
