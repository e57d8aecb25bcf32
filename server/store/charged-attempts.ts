/**
 * SQL: attempts as they have been charged until now, all their ledger entries together, as (tenant_id, request_id,
 * attempt_index, simulated, ticks, window_ids, amounts, held). `held` is how much of each window is theirs by right:
 * their hold, or less where a lower price has let others have the rest; what they cost above it is overage.
 *
 * @param where A condition over `l`, the entry that charged an attempt first.
 */
export const chargedAttempts = (where: string): string => {
  const same = `e.tenant_id = l.tenant_id and e.request_id = l.request_id and e.attempt_index = l.attempt_index`
  return `
select l.tenant_id, l.request_id, l.attempt_index, l.simulated, l.window_ids,
  (select coalesce(sum(e.ticks), 0)::bigint from ledger e where ${same}) as ticks,
  (select array_agg(amount order by place) from (
    select u.place, sum(u.amount)::bigint as amount
    from ledger e cross join lateral unnest(e.amounts) with ordinality as u(amount, place) where ${same} group by u.place
  ) as sums) as amounts,
  coalesce((select e.held from ledger e where ${same} and e.kind = 'REPRICE' order by e.sequence desc limit 1), l.held) as held
from ledger l where l.kind = 'CHARGE' and ${where}`
}
