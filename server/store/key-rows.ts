import { defaultTenantId } from '#domain/access.ts'
import type { StoredKey } from '#domain/api-key.ts'
import { openReader } from './reader.ts'

/** Keys' rows, for whoever lets their holders in. */
export interface KeyRows {
  /** Those of these public ids that exist. @throws {GatewayError} OVERLOADED when they cannot be read. */
  read(publicIds: readonly string[]): Promise<readonly StoredKey[]>
  /** Notes that these keys are in use. */
  touch(ids: readonly string[]): Promise<void>
  /** Whether a key exists that can manage the installation, and is neither revoked nor expired. */
  hasAdministrator(): Promise<boolean>
  close(): Promise<void>
}

const remainingMs = (column: string) => `extract(epoch from ${column} - now())::float8 * 1000`

const select = `
select id, public_id as "publicId", tenant_id as "tenantId", project_id as "projectId", name, role,
  allowed_models as "allowedModels", priority, secret_hash as "secretHash", previous_secret_hash as "previousSecretHash",
  revoked_at is not null as "isRevoked", ${remainingMs('expires_at')} as "expiresInMs",
  ${remainingMs('previous_secret_valid_until')} as "previousSecretForMs"
from api_key where public_id = any($1)`

/** Opens keys' rows; nothing connects before the first read. */
export function openKeyRows(databaseUrl: string): KeyRows {
  const reader = openReader(databaseUrl, { max: 2, timeoutMs: 5000 })
  return {
    read: (publicIds) =>
      reader.query<StoredKey>({ name: 'read-keys', text: select, values: [publicIds] }),
    async touch(ids) {
      await reader.query({
        text: 'update api_key set last_used_at = now() where id = any($1)',
        values: [ids],
      })
    },
    async hasAdministrator() {
      const rows = await reader.query({
        text: `select from api_key where tenant_id = $1 and role = 'ADMIN' and project_id is null and secret_hash is not null
          and revoked_at is null and (expires_at is null or expires_at > now()) limit 1`,
        values: [defaultTenantId],
      })
      return rows.length > 0
    },
    close: () => reader.close(),
  }
}
