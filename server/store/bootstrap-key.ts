import { defaultTenantId } from '#domain/access.ts'
import { openConnection } from './connection.ts'

/** The key that stands for ROUTER_AUTH_TOKEN; the environment holds its secret. */
export const bootstrapKeyId = '00000000-0000-7000-8000-000000000002'

/** Makes the row of the bootstrap administrator, once, and tells which tenants have had real traffic. */
export async function readTenancy(
  databaseUrl: string,
  { withBootstrapKey }: { withBootstrapKey: boolean },
): Promise<{ readonly withRealTraffic: readonly string[] }> {
  const connection = openConnection(databaseUrl)
  try {
    if (withBootstrapKey) {
      await connection.query({
        text: `insert into api_key (id, tenant_id, public_id, name, role) values ($1, $2, 'bootstrap', 'ROUTER_AUTH_TOKEN', 'ADMIN')
          on conflict do nothing`,
        values: [bootstrapKeyId, defaultTenantId],
      })
    }
    const rows = await connection.query<{ id: string }>({
      text: 'select id from tenant where exists (select from request where tenant_id = tenant.id and not simulated)',
    })
    return { withRealTraffic: rows.map(({ id }) => id) }
  } finally {
    await connection.close()
  }
}
