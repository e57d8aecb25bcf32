/**
 * SQL: what an attempt used of each of its windows, in their units, as an array beside `window_ids`; null without any.
 *
 * @param attempt Alias of a relation with the columns of `attempt`.
 */
export const amountsIn = (attempt: string): string => `(
  select array_agg(case w.unit
      when 'TICKS' then coalesce(${attempt}.cost_total, 0)
      when 'TOKENS' then coalesce(${attempt}.input_tokens, 0)::bigint + coalesce(${attempt}.output_tokens, 0)
      when 'REQUESTS' then 1 else 0 end order by u.place)
  from unnest(${attempt}.window_ids) with ordinality as u(id, place)
  left join allowance_window w on w.id = u.id)`

/**
 * SQL: locks windows in the order of their ids, which everybody keeps, so that nobody deadlocks. A statement of its own,
 * before the one that looks at them or changes them: under READ COMMITTED only the next one is sure to see what others
 * had done before they let go. The limit that counts is that of this moment: who waited for an edit sees the rule before
 * it (only the locked row is looked at anew), and so a window that a newer version has edited is not current for them.
 *
 * @param ids An SQL expression: an array of ids, in any order.
 */
export const lockWindows = (ids: string): string => `
select w.id::text, w.allowance_id as "allowanceId", w.spent::text, w.held::text, w.notified, a.amount::text as "limit",
  a.action, w.unit, extract(epoch from w.ends_at)::float8 * 1000 as "endsAt",
  extract(epoch from w.ends_at - now())::float8 * 1000 as "endsInMs",
  w.starts_at <= now() and (w.ends_at is null or w.ends_at > now()) and a.version >= w.edited as "current",
  a.paused or a.deleted_at is not null as "idle"
from allowance_window w join allowance a on a.id = w.allowance_id
where w.id = any(${ids}) order by w.id for update of w`

/**
 * SQL: adds a relation (id, spent, held, overage) to the windows, and remembers which threshold they are above.
 *
 * @returns The windows as they are now.
 */
export const changeWindows = (change: string): string => `
update allowance_window w set spent = w.spent + c.spent, held = w.held + c.held, overage = w.overage + c.overage,
  ceiling = greatest(w.ceiling, a.amount),
  notified = greatest(w.notified, (
    select max(t) from unnest(a.thresholds) as t where w.spent + c.spent >= t * a.amount))
from ${change} c, allowance a
where w.id = c.id and a.id = w.allowance_id
returning w.id::text, w.allowance_id as "allowanceId", w.tenant_id as "tenantId", w.spent::text, w.held::text, w.notified`
