import { withoutHold } from '#domain/freed-hold.ts'
import type { AttemptOpening, RequestOpening } from '#domain/request-record.ts'
import { changeWindows } from './allowance-change.ts'
import { textJson } from './row-json.ts'
import { heldWindows } from './row-windows.ts'

/**
 * Ends attempts that cost nothing while their call goes on elsewhere, and gives back what they hold: once, however often
 * it is run. The windows must be locked before.
 *
 * $1 a JSON array of what `freedAttempt` makes.
 */
export const freeStatement = `
with freed as materialized (
  update attempt a set status = 'FAILED', held = f.held
  from json_to_recordset($1::json)
    as f(tenant_id uuid, request_id uuid, index int, window_ids bigint[], held bigint[], given bigint[])
  where a.tenant_id = f.tenant_id and a.request_id = f.request_id and a.index = f.index and a.status = 'IN_PROGRESS'
  returning f.window_ids, f.given
), given_back as (
  select u.id, 0 as spent, -sum(u.given) as held, 0 as overage
  from freed f cross join lateral unnest(f.window_ids, f.given) as u(id, given) group by u.id
)
${changeWindows('given_back')}`

/** An attempt for the statement: what it goes on holding of its windows, and what it gives back. */
export function freedAttempt(
  { tenantId, id }: Pick<RequestOpening, 'tenantId' | 'id'>,
  attempt: AttemptOpening,
): string {
  const { index, windows = [] } = attempt
  const left = withoutHold(attempt).windows ?? []
  const given = windows.map(({ held }, at) => `"${held - (left[at]?.held ?? 0n)}"`)
  return (
    `{"tenant_id":${textJson(tenantId)},"request_id":${textJson(id)},"index":${index}` +
    `${heldWindows(left)},"given":[${given.join(',')}]}`
  )
}
