import { amountsIn, changeWindows } from './allowance-change.ts'
import { addToDays, addToRollups, contributions } from './contribution.ts'
import {
  assignments,
  attemptEndColumns,
  attemptOpeningColumns,
  type Column,
  fromRecordset,
  names,
  recordset,
  requestEndColumns,
  requestOpeningColumns,
  union,
} from './record-columns.ts'

const keyColumns: readonly Column[] = [
  ['tenant_id', 'uuid'],
  ['request_id', 'uuid'],
]
const opened = union(requestOpeningColumns, attemptOpeningColumns)
const ended = union(requestOpeningColumns, requestEndColumns)
const attempted = union(keyColumns, attemptOpeningColumns, attemptEndColumns)

/**
 * Writes calls that begin and calls that end, all or none, in one statement and one round trip: requests, attempts,
 * ledger, allowances and roll-ups. Everything behind a call's end hangs on the one guarded transition in `settled`, so a replayed
 * end changes nothing. `on conflict do update ... where` looks at the newest version of a row under its lock, and all
 * else reads what it returned: no second look at a table, so READ COMMITTED is enough.
 *
 * Windows of allowances that it changes must be locked before, by a statement of its own (see allowance-change.ts).
 *
 * $1 calls that begin, $2 calls that end, $3 attempts of the latter: JSON arrays of rows (see record-row.ts). No
 * two rows of $2 may be the same call, nor may a call be in both $1 and $2 (error 21000 otherwise).
 */
export const settleStatement = `
with begun_call as materialized (
  select * from json_to_recordset($1::json) as b(${recordset(opened)})
), begun as (
  insert into request (${names(requestOpeningColumns)}, status, attempt_count)
  select ${fromRecordset(requestOpeningColumns, 'b')}, 'IN_PROGRESS', 1 from begun_call b
  on conflict (tenant_id, id) do nothing
), begun_attempt as (
  insert into attempt (tenant_id, request_id, ${names(attemptOpeningColumns)}, status)
  select b.tenant_id, b.id, ${fromRecordset(attemptOpeningColumns, 'b')}, 'IN_PROGRESS' from begun_call b
  on conflict (tenant_id, request_id, index) do nothing
  returning window_ids, held
), settled as (
  insert into request (${names(ended)})
  select ${fromRecordset(ended, 'e')} from json_to_recordset($2::json) as e(${recordset(ended)})
  order by e.tenant_id, e.id
  on conflict (tenant_id, id) do update set ${assignments(requestEndColumns)}
  where request.status = 'IN_PROGRESS'
  returning *
), settled_attempt as (
  insert into attempt (${names(attempted)})
  select ${fromRecordset(attempted, 'a')}
  from json_to_recordset($3::json) as a(${recordset(attempted)})
  join settled s on s.tenant_id = a.tenant_id and s.id = a.request_id
  on conflict (tenant_id, request_id, index) do update set ${assignments(attemptEndColumns)}
  returning *
), charged as (
  insert into ledger (tenant_id, request_id, attempt_index, kind, ticks, estimated, simulated, at, window_ids, amounts, held)
  select tenant_id, request_id, index, 'CHARGE', cost_total, coalesce(usage_source = 'ESTIMATED', false), simulated, now(),
    -- An end that knows of no reservation: Postgres took it without being able to say so.
    window_ids, case when window_ids is not null then coalesce(used, ${amountsIn('a')}) end, held
  from settled_attempt a where cost_total is not null or window_ids is not null
  -- Only where a lost call is corrected: its charge stands, and a correction is beside it.
  on conflict (tenant_id, request_id, attempt_index, kind, sequence) do nothing
  returning window_ids, amounts, held
), allowance_change as (
  select id, sum(spent) as spent, sum(held) as held, sum(overage) as overage from (
    select u.id, u.amount as spent, -u.held as held, greatest(u.amount - u.held, 0) as overage
    from charged c cross join lateral unnest(c.window_ids, c.amounts, c.held) as u(id, amount, held)
    union all
    select u.id, 0, u.held, 0 from begun_attempt b cross join lateral unnest(b.window_ids, b.held) as u(id, held)
  ) as change group by id
), allowed as (
  ${changeWindows('allowance_change')}
), contribution as materialized (
  ${contributions({ requests: 'settled', attempts: 'settled_attempt' })}
), rolled_up as (
  ${addToRollups('contribution')}
), rolled_up_by_day as (
  ${addToDays('contribution')}
)
select count(*)::int as settled, (select json_agg(allowed) from allowed) as windows from settled`
