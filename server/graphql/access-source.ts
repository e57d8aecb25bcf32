import type { ApiKey, Project, Tenant } from '#generated/prisma/client.ts'
import type {
  ApiKeyPatch,
  NewApiKey,
  NewProject,
  NewTenant,
  TenantPatch,
} from '#domain/access-input.ts'
import type { Changer } from '#domain/audit.ts'

/** A key with the whole of it, to be shown this once. */
export interface IssuedKey {
  readonly apiKey: ApiKey
  readonly secret: string
}

/** Changes to who may do what. All throw a GatewayError FORBIDDEN, NOT_FOUND or INVALID_REQUEST. */
export interface AccessSource {
  readonly tenants: {
    create(wanted: NewTenant, by: Changer): Promise<Tenant>
    update(id: string, change: { patch: TenantPatch; by: Changer }): Promise<Tenant>
  }
  readonly projects: { create(wanted: NewProject, by: Changer): Promise<Project> }
  readonly apiKeys: {
    create(wanted: NewApiKey, by: Changer): Promise<IssuedKey>
    update(id: string, change: { patch: ApiKeyPatch; by: Changer }): Promise<ApiKey>
    rotate(id: string, change: { graceSeconds: number; by: Changer }): Promise<IssuedKey>
    revoke(id: string, by: Changer): Promise<ApiKey>
  }
}
