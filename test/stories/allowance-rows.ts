import type { Allowance } from '#domain/allowance.ts'
import type { Connection } from '#store/connection.ts'

/** A window as it stands in the database, beside what its ledger and its open calls say. */
export interface SystemWindow {
  readonly spent: string
  readonly held: string
  readonly overage: string
  readonly charged: string
  readonly open: string
  readonly within: boolean
}

const windows = `
select w.allowance_id, w.spent::text, w.held::text, w.overage::text, a.action <> 'BLOCK' or w.spent + w.held <= w.ceiling + w.overage as within,
  (select coalesce(sum(u.amount), 0)::text from ledger l cross join lateral unnest(l.window_ids, l.amounts) as u(id, amount)
    where l.tenant_id = w.tenant_id and u.id = w.id) as charged,
  (select coalesce(sum(u.held), 0)::text from attempt t join request r on r.tenant_id = t.tenant_id and r.id = t.request_id
    cross join lateral unnest(t.window_ids, t.held) as u(id, held)
    where t.tenant_id = w.tenant_id and r.status = 'IN_PROGRESS' and u.id = w.id) as open
from allowance_window w join allowance a on a.id = w.allowance_id where w.tenant_id = $1 order by w.id`

/** Every window of each allowance, in the order in which they were made. */
export async function readWindows(
  connection: Connection,
  allowances: readonly Allowance[],
): Promise<readonly (readonly SystemWindow[])[]> {
  const rows = await connection.query<SystemWindow & { allowance_id: string }>({
    text: windows,
    values: [allowances[0]?.tenantId],
  })
  return allowances.map(({ id }) =>
    rows.flatMap(({ allowance_id: owner, ...window }) => (owner === id ? window : [])),
  )
}

/** What the requests of a tenant show that they cost, in ticks, by their ids. */
export async function readCosts(
  connection: Connection,
  tenantId: string,
): Promise<ReadonlyMap<string, bigint | null>> {
  const rows = await connection.query<{ id: string; cost: string | null }>({
    text: 'select id, cost_total::text as cost from request where tenant_id = $1',
    values: [tenantId],
  })
  return new Map(rows.map(({ id, cost }) => [id, cost === null ? null : BigInt(cost)]))
}
