import type { Allowance } from '#domain/allowance.ts'
import type { Transaction } from './audit.ts'

/**
 * Makes the windows of an allowance fit its new rule, so that spent + held <= ceiling + overage goes on to hold where it
 * blocks: the current one allows what the higher limit does, and when an allowance begins to block, every window allows
 * what is already there. Thresholds that the new limit leaves behind can be crossed again. Calls that have looked at the
 * old rule but have not yet set anything aside look again (`edited`).
 *
 * The allowance itself must be locked, so that nobody makes a window meanwhile.
 */
export async function touchWindows(
  tx: Transaction,
  { before, after, version }: { before: Allowance; after: Allowance; version: number },
): Promise<void> {
  const begins = before.action === 'NOTIFY' && after.action === 'BLOCK'
  // The limit of periods that are over is only asked of budgets.
  const leaves = after.kind === 'BUDGET' && before.limit !== after.limit
  const ids = await tx.$queryRaw<{ id: bigint }[]>`
    select id from allowance_window
    where allowance_id = ${before.id}::uuid
      and (ends_at is null or ends_at > now() or ${begins} or (${leaves} and amount is null))
    order by id for update`
  await tx.$executeRaw`
    update allowance_window w set edited = ${version},
      ceiling = greatest(w.ceiling, case when c.current then ${after.limit}::bigint end,
        case when ${begins} then w.spent + w.held end),
      amount = case when c.current or not ${leaves} then w.amount else coalesce(w.amount, ${before.limit}::bigint) end,
      notified = case when c.current then least(w.notified, (
        select coalesce(max(t), 0) from unnest(${[...after.thresholds]}::float8[]) as t
        where w.spent >= t * ${after.limit}::bigint)) else w.notified end
    from (
      select id, ends_at is null or ends_at > now() as current from allowance_window
      where id = any(${ids.map(({ id }) => id)}::bigint[])
    ) c where w.id = c.id`
}
