import { amountsIn, changeWindows, lockWindows } from './allowance-change.ts'
import { chargedAttempts } from './charged-attempts.ts'
import type { Connection } from './connection.ts'
import { addToDays, contributions, takeFromRollups } from './contribution.ts'
import type { RecordRow } from './record-row.ts'
import { settleStatement } from './settle-statement.ts'

const endedIds = `select tenant_id, id from json_to_recordset($1::json) as e(tenant_id uuid, id uuid)`

/** Locks the calls among $1 that were given up as lost, in one order. */
const lockLost = `
select tenant_id, id from request where lost and (tenant_id, id) in (${endedIds}) order by tenant_id, id for update`

const lostRows = `(select * from request where lost and (tenant_id, id) in (${endedIds}))`

const takeBack = `
with contribution as materialized (${contributions({ requests: lostRows, attempts: 'attempt' })}),
  rolled_back as (${takeFromRollups('contribution')}),
  rolled_back_by_day as (${addToDays('contribution', '-')})
select 1`

/** The windows that the calls among $1 were charged to, before anything else is locked. */
const lockCharged = lockWindows(`array(
  select unnest(window_ids) from ledger where kind = 'CHARGE' and (tenant_id, request_id) in (${endedIds}))`)

/**
 * Books the difference between what was charged and the truth, $2, for every attempt that had been charged, and in the
 * windows that it was charged to.
 */
const correctLedger = `
with truth as (
  select l.*, a.cost_total, a.input_tokens, a.output_tokens, a.usage_source
  from (${chargedAttempts(`(l.tenant_id, l.request_id) in (${endedIds})`)}) l
  join request r on r.tenant_id = l.tenant_id and r.id = l.request_id and r.lost
  left join json_to_recordset($2::json) as a(tenant_id uuid, request_id uuid, index int, cost_total bigint,
      input_tokens int, output_tokens int, usage_source text)
    on a.tenant_id = l.tenant_id and a.request_id = l.request_id and a.index = l.attempt_index
), due as (
  select t.*, ${amountsIn('t')} as due from truth t
), corrected as (
  insert into ledger (tenant_id, request_id, attempt_index, kind, ticks, estimated, simulated, window_ids, amounts)
  select d.tenant_id, d.request_id, d.attempt_index, 'CORRECTION', coalesce(d.cost_total, 0) - coalesce(d.ticks, 0),
    coalesce(d.usage_source = 'ESTIMATED', false), d.simulated, d.window_ids, (
      select array_agg(u.due - u.charged order by u.place)
      from unnest(d.due, d.amounts) with ordinality as u(due, charged, place))
  from due d
), change as (
  select u.id, sum(u.due - u.charged) as spent, 0 as held,
    sum(greatest(u.due - u.held, 0) - greatest(u.charged - u.held, 0)) as overage
  from due d cross join lateral unnest(d.window_ids, d.due, d.amounts, d.held) as u(id, due, charged, held) group by u.id
)
${changeWindows('change')}`

const reopen = `
update request set status = 'IN_PROGRESS', lost = false where lost and (tenant_id, id) in (${endedIds})`

/**
 * Puts the truth in the place of a guess: calls that were given up as lost, and whose real end has arrived after all
 * (their replica had only been cut off, or had kept it in its spool). Ends of other calls change nothing, nor do further
 * guesses: replicas may give up the same call at once.
 */
export async function correctLostCalls(
  connection: Connection,
  written: readonly RecordRow[],
): Promise<void> {
  const ends = written.filter(({ call }) => !JSON.parse(call).lost)
  if (ends.length === 0) return
  const calls = `[${ends.map(({ call }) => call).join(',')}]`
  await connection.query({ text: 'begin' })
  try {
    await connection.query({ text: lockCharged, values: [calls] })
    const lost = await connection.query<{ tenant_id: string; id: string }>({
      text: lockLost,
      values: [calls],
    })
    if (lost.length > 0) {
      const ids = new Set(lost.map(({ id }) => id))
      const arrived = ends.filter(({ call }) => ids.has(JSON.parse(call).id))
      const attempts = `[${arrived.flatMap((row) => row.attempts || []).join(',')}]`
      await connection.query({ text: takeBack, values: [calls] })
      await connection.query({ text: correctLedger, values: [calls, attempts] })
      await connection.query({ text: reopen, values: [calls] })
      const truth = `[${arrived.map(({ call }) => call).join(',')}]`
      await connection.query({ text: settleStatement, values: ['[]', truth, attempts] })
    }
    await connection.query({ text: 'commit' })
  } catch (error) {
    await connection.query({ text: 'rollback' }).catch(() => {})
    throw error
  }
}
