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
  /** Absent where the server is open (loopback, no token). */
  readonly apiKeyId: string | null
  readonly displayName: string
  readonly scopes: ReadonlySet<Scope>
}

/** The tenant that everything belongs to until others are created. */
export const defaultTenantId = '00000000-0000-7000-8000-000000000001'
