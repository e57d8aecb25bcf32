import { changeWindows } from './allowance-change.ts'
import { chargedAttempts } from './charged-attempts.ts'
import { addToDays, addToRollups, contributionChange } from './contribution.ts'
import { type Column, recordset } from './record-columns.ts'

/** What a cost is stored in. */
export const costColumns: readonly Column[] = [
  ['cost_total', 'bigint'],
  ['cost_input', 'bigint'],
  ['cost_output', 'bigint'],
  ['cost_cache_read', 'bigint'],
  ['cost_cache_write', 'bigint'],
  ['cost_other', 'bigint'],
  ['cost_source', 'text'],
  ['price_version', 'text'],
]

const assigned = costColumns.map(([name]) => `${name} = c.${name}`).join(', ')
const isChanged = (attempt: string) =>
  `${attempt}.tenant_id = $1::uuid and ${attempt}.request_id = c.request_id and ${attempt}.index = c.index`

/**
 * Writes what calls cost by other prices: their attempts and the calls themselves, an entry of the ledger with the
 * difference for each attempt, their windows, and what roll-ups gain or lose. The windows and then the calls must be
 * locked, each by a statement of its own before.
 *
 * $1 the tenant, $2 attempts and $3 calls with the costs that they have from now on, as JSON arrays.
 */
export const repriceStatement = `
with attempt_change as materialized (
  select * from json_to_recordset($2::json) as c(request_id uuid, index int, ${recordset(costColumns)})
), request_change as materialized (
  select * from json_to_recordset($3::json) as c(id uuid, ${recordset(costColumns)})
), old_attempt as materialized (
  select a.* from attempt a join attempt_change c on ${isChanged('a')}
), old_request as materialized (
  select r.* from request r join request_change c on r.tenant_id = $1::uuid and r.id = c.id
), new_attempt as (
  update attempt a set ${assigned} from attempt_change c where ${isChanged('a')} returning a.*
), new_request as (
  update request r set ${assigned} from request_change c where r.tenant_id = $1::uuid and r.id = c.id returning r.*
), contribution as materialized (
  ${contributionChange({
    before: { requests: 'old_request', attempts: 'old_attempt' },
    after: { requests: 'new_request', attempts: 'new_attempt' },
  })}
), rolled_up as (
  ${addToRollups('contribution')}
), rolled_up_by_day as (
  ${addToDays('contribution')}
), charged as materialized (
  ${chargedAttempts('(l.tenant_id, l.request_id, l.attempt_index) in (select tenant_id, request_id, index from old_attempt)')}
), due as materialized (
  select a.tenant_id, a.request_id, a.index, a.simulated, a.usage_source, a.window_ids, ch.amounts, ch.held,
    c.cost_total as cost, c.cost_total - coalesce(a.cost_total, 0) as delta
  from old_attempt a join attempt_change c on ${isChanged('a')}
  left join charged ch on ch.request_id = a.request_id and ch.attempt_index = a.index
), by_window as materialized (
  select d.request_id, d.index, u.place, u.id, case w.unit when 'TICKS' then d.delta else 0 end as amount,
    case w.unit when 'TICKS' then least(u.held, u.amount, d.cost) else 0 end as held,
    case w.unit when 'TICKS' then (d.cost - least(u.held, u.amount, d.cost)) - (u.amount - least(u.held, u.amount)) else 0
    end as overage
  from due d cross join lateral unnest(d.window_ids, d.amounts, d.held) with ordinality as u(id, amount, held, place)
  left join allowance_window w on w.id = u.id
), first_charge as (
  -- Where there was nothing to charge, so that whatever comes finds an entry to begin with.
  insert into ledger (tenant_id, request_id, attempt_index, kind, ticks, estimated, simulated)
  select tenant_id, request_id, index, 'CHARGE', null, coalesce(usage_source = 'ESTIMATED', false), simulated from due
  on conflict (tenant_id, request_id, attempt_index, kind, sequence) do nothing
), booked as (
  insert into ledger (tenant_id, request_id, attempt_index, kind, sequence, ticks, estimated, simulated, window_ids, amounts, held)
  select d.tenant_id, d.request_id, d.index, 'REPRICE', (
      select coalesce(max(l.sequence), 0) + 1 from ledger l where l.tenant_id = d.tenant_id and l.request_id = d.request_id
        and l.attempt_index = d.index and l.kind = 'REPRICE'),
    d.delta, coalesce(d.usage_source = 'ESTIMATED', false), d.simulated, d.window_ids, w.amounts, w.held
  from due d left join (
    select request_id, index, array_agg(amount order by place) as amounts, array_agg(held order by place) as held
    from by_window group by request_id, index
  ) w on w.request_id = d.request_id and w.index = d.index
), change as (
  select id, sum(amount) as spent, 0 as held, sum(overage) as overage from by_window group by id
), allowed as (
  ${changeWindows('change')}
)
select (select json_agg(allowed) from allowed) as windows`
