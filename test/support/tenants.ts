import { randomUUID } from 'node:crypto'
import { administrator, defaultTenantId, type Viewer } from '#domain/access.ts'
import { type AccessRole, scopesOf } from '#domain/access-role.ts'
import { sql } from './store.ts'

/** Whoever may do everything everywhere. */
export const operator: Viewer = administrator({ apiKeyId: null, displayName: 'operator' })

/** A viewer of one tenant, with a role. */
export function viewerOf(
  role: AccessRole,
  { tenantId = defaultTenantId, projectId = null }: Partial<Viewer> = {},
): Viewer {
  const scopes = new Set(scopesOf[role])
  return { ...operator, tenantId, projectId, scopes, displayName: role, runsInstallation: false }
}

/** Writes a tenant. @returns Its id. */
export async function createTenantRow(databaseUrl: string, timeZone = 'UTC'): Promise<string> {
  const id = randomUUID()
  await sql(
    databaseUrl,
    `insert into tenant (id, slug, name, reporting_time_zone) values ($1::uuid, $1::text, 'Tenant ' || $1::text, $2)`,
    [id, timeZone],
  )
  return id
}

/** Writes a project. @returns Its id. */
export async function createProjectRow(
  databaseUrl: string,
  tenantId = defaultTenantId,
): Promise<string> {
  const id = randomUUID()
  await sql(
    databaseUrl,
    `insert into project (id, tenant_id, slug, name) values ($1::uuid, $2, $1::text, 'Project')`,
    [id, tenantId],
  )
  return id
}

/** Writes a key that nobody has the secret of. @returns Its id. */
export async function createKeyRow(
  databaseUrl: string,
  {
    tenantId = defaultTenantId,
    projectId = null,
  }: { tenantId?: string; projectId?: string | null } = {},
): Promise<string> {
  const id = randomUUID()
  await sql(
    databaseUrl,
    `insert into api_key (id, tenant_id, project_id, public_id, name, role) values ($1::uuid, $2, $3, $1::text, 'Key', 'CALLER')`,
    [id, tenantId, projectId],
  )
  return id
}
