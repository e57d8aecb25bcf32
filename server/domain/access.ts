import type { Priority } from './request-record.ts'

/** What a viewer may do. */
export type Scope =
  | 'read'
  | 'complete'
  | 'manage-budgets'
  | 'manage-keys'
  | 'manage-config'
  | 'admin'

export const allScopes: readonly Scope[] = [
  'read',
  'complete',
  'manage-budgets',
  'manage-keys',
  'manage-config',
  'admin',
]

/** Who is asking. Every read and every call is bound to `tenantId`. */
export interface Viewer {
  readonly tenantId: string
  /** The project that the key is of; null for keys of the whole tenant. */
  readonly projectId: string | null
  /** Absent where the server is open (loopback, no token). */
  readonly apiKeyId: string | null
  readonly displayName: string
  readonly scopes: ReadonlySet<Scope>
  /** Patterns of model-pattern.ts; none is all models. */
  readonly allowedModels: readonly string[]
  /** Of calls that ask for none. */
  readonly priority: Priority
  /** Whether they run the installation: they manage the tenants, keys and budgets of all tenants. */
  readonly runsInstallation: boolean
}

/** The tenant that everything belongs to until others are created. */
export const defaultTenantId = '00000000-0000-7000-8000-000000000001'

/** Whether a viewer may do what takes a scope; `admin` holds all the others. */
export function holds({ scopes }: Pick<Viewer, 'scopes'>, scope: Scope): boolean {
  return scopes.has(scope) || scopes.has('admin')
}

/** The viewer who may do everything: the server's own users on loopback, and the holder of the bootstrap token. */
export function administrator(who: Pick<Viewer, 'apiKeyId' | 'displayName'>): Viewer {
  return {
    ...who,
    tenantId: defaultTenantId,
    projectId: null,
    scopes: new Set(allScopes),
    allowedModels: [],
    priority: 'NORMAL',
    runsInstallation: true,
  }
}
