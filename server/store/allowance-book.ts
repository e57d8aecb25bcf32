import {
  type Allowance,
  type AllowanceScope,
  type AllowanceSubject,
  scopeKey,
  scopesOfCall,
} from '#domain/allowance.ts'
import type { GatewayConfig } from '#domain/config.ts'
import type { Allowances } from '#gateway/ports.ts'
import type { Connection } from './connection.ts'

/** All allowances in force, in memory: read again when somebody changes one. */
export interface AllowanceBook extends Allowances {
  /** Reads them all again. @throws When the database is away; the old ones then stay in force. */
  reload(): Promise<void>
  find(id: string): Allowance | undefined
}

/** What the configuration says of calls under allowances. */
export type AllowancePolicy = Pick<GatewayConfig, 'allowUnpriced' | 'defaultMaxTokens'>

interface Row extends Omit<Allowance, 'scope' | 'limit'> {
  readonly scopeKind: AllowanceScope['kind']
  readonly scopeValue: string
  readonly limit: string
}

const inForce = `
select id, tenant_id as "tenantId", kind, name, scope_kind as "scopeKind", scope_value as "scopeValue", unit,
  amount::text as "limit", period, time_zone as "timeZone", action, thresholds
from allowance where deleted_at is null and not paused order by id`

const none: readonly Allowance[] = []

/** Opens the book; empty until `reload` has succeeded. */
export function createAllowanceBook(
  connection: Connection,
  policy: () => AllowancePolicy = () => ({}),
): AllowanceBook {
  let byId: ReadonlyMap<string, Allowance> = new Map()
  let byTenant: ReadonlyMap<string, ReadonlyMap<string, readonly Allowance[]>> = new Map()
  return {
    get allowUnpriced() {
      return policy().allowUnpriced === true
    },
    get defaultOutputTokens() {
      return policy().defaultMaxTokens
    },
    of(subject: AllowanceSubject) {
      const scopes = byTenant.get(subject.tenantId)
      if (!scopes) return none
      return scopesOfCall(subject).flatMap((scope) => scopes.get(scope) ?? none)
    },
    async reload() {
      const rows = await connection.query<Row>({ text: inForce })
      const allowances = rows.map(allowanceOf)
      byId = new Map(allowances.map((allowance) => [allowance.id, allowance]))
      byTenant = indexed(allowances)
    },
    find: (id) => byId.get(id),
  }
}

function allowanceOf({ scopeKind, scopeValue, limit, ...row }: Row): Allowance {
  return { ...row, scope: { kind: scopeKind, value: scopeValue }, limit: BigInt(limit) }
}

function indexed(allowances: readonly Allowance[]) {
  const tenants = new Map<string, Map<string, Allowance[]>>()
  for (const allowance of allowances) {
    const { tenantId, scope } = allowance
    const scopes = tenants.get(tenantId) ?? new Map<string, Allowance[]>()
    tenants.set(tenantId, scopes)
    const key = scopeKey(scope.kind, scope.value)
    scopes.set(key, [...(scopes.get(key) ?? []), allowance])
  }
  return tenants
}
