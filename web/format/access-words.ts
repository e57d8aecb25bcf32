import { words } from './words.ts'

const scopes: Readonly<Record<string, string>> = {
  read: 'See requests, costs and budgets',
  complete: 'Send calls to models',
  'manage-budgets': 'Manage budgets and quotas',
  'manage-keys': 'Manage keys, projects and tenants',
  'manage-config': 'Change the configuration',
  admin: 'Do everything',
}

/** What a scope allows, in words. */
export function scopeWords(scope: string): string {
  return scopes[scope] ?? words(scope)
}

/** What several scopes allow, widest first: who may do everything needs no list. */
export function allowedWords(held: readonly string[]): readonly string[] {
  return held.includes('admin') ? [scopeWords('admin')] : held.map(scopeWords)
}

/** A role, and what it may do in one line. */
export interface RoleWords {
  readonly label: string
  readonly may: string
}

const roles: Readonly<Record<string, RoleWords>> = {
  VIEWER: { label: 'Viewer', may: 'sees everything of its tenant, changes and sends nothing' },
  CALLER: { label: 'Caller', may: 'sends calls, and sees requests and costs' },
  BUDGET_MANAGER: {
    label: 'Budget manager',
    may: 'manages budgets and quotas, sends no calls',
  },
  OPERATOR: {
    label: 'Operator',
    may: 'sends calls, manages budgets, quotas and the configuration',
  },
  ADMIN: { label: 'Admin', may: 'does everything, keys and tenants included' },
}

/** The roles as one chooses them, least rights first. */
export const roleNames = ['VIEWER', 'CALLER', 'BUDGET_MANAGER', 'OPERATOR', 'ADMIN'] as const

export function roleWords(role: string): RoleWords {
  return roles[role] ?? { label: words(role), may: '' }
}
