import type { Allowance } from '#domain/allowance.ts'
import { windowAt } from '#domain/allowance-window.ts'
import type { Connection } from './connection.ts'

/** Which row is the current window of an allowance: remembered, since it changes but once a period. */
export interface CurrentWindows {
  /** The id as it was last known; undefined before `open`. */
  known(allowance: Allowance): string | undefined
  /** Finds or makes the windows of this moment, by the database's clock. */
  open(allowances: readonly Allowance[]): Promise<void>
  /** Says that the window of an allowance is over. */
  forget(allowanceId: string): void
}

const present = `
select distinct on (allowance_id) allowance_id as "allowanceId", id::text from allowance_window
where allowance_id = any($1::uuid[]) and starts_at <= now() and (ends_at is null or ends_at > now())
order by allowance_id, starts_at desc`

/** The rule is read again, for a replica that has not heard of a change must make the same window as all others. */
const clockAndRules = `
select extract(epoch from now())::float8 * 1000 as now, a.id, a.version, a.period, a.time_zone as "timeZone", (
    select extract(epoch from w.ends_at)::float8 * 1000 from allowance_window w
    where w.allowance_id = a.id and w.ends_at <= now() order by w.starts_at desc limit 1
  ) as "lastEnd"
from allowance a where a.id = any($1::uuid[])`

/**
 * Replicas may make the same windows at once: one order of keys, so that they wait for each other without a circle. A
 * rule that has been edited since it was read makes none: two zones would make two windows of one time.
 */
const make = `
insert into allowance_window (allowance_id, tenant_id, unit, starts_at, ends_at, ceiling)
select a.id, a.tenant_id, a.unit, to_timestamp(n.starts_at / 1000), to_timestamp(n.ends_at / 1000), a.amount
from unnest($1::uuid[], $2::float8[], $3::float8[], $4::int[]) as n(id, starts_at, ends_at, version)
join allowance a on a.id = n.id and a.version = n.version
order by a.id for share of a
on conflict (allowance_id, starts_at) do nothing`

interface Rule extends Pick<Allowance, 'id' | 'period' | 'timeZone'> {
  readonly version: number
  readonly now: number
  readonly lastEnd: number | null
}

/** @param connection Outside of any transaction: windows that are made stay. */
export function createCurrentWindows(connection: Connection): CurrentWindows {
  const ids = new Map<string, string>()

  const find = async (allowances: readonly Allowance[]) => {
    const found = await connection.query<{ allowanceId: string; id: string }>({
      text: present,
      values: [allowances.map(({ id }) => id)],
    })
    for (const { allowanceId, id } of found) ids.set(allowanceId, id)
    return allowances.filter(({ id }) => !ids.has(id))
  }

  return {
    known: ({ id }) => ids.get(id),
    forget: (allowanceId) => void ids.delete(allowanceId),
    async open(allowances) {
      const missing = await find(allowances)
      if (missing.length === 0) return
      const rules = await connection.query<Rule>({
        text: clockAndRules,
        values: [missing.map(({ id }) => id)],
      })
      const bounds = rules.map(({ id, version, now, lastEnd, ...rule }) => {
        const { startsAt, endsAt } = windowAt(now, rule)
        // After a change of its zone a window begins where the last one ended: no time counts twice.
        return { id, version, startsAt: Math.max(startsAt, lastEnd ?? startsAt), endsAt }
      })
      await connection.query({
        text: make,
        values: [
          bounds.map(({ id }) => id),
          bounds.map(({ startsAt }) => startsAt),
          bounds.map(({ endsAt }) => endsAt),
          bounds.map(({ version }) => version),
        ],
      })
      await find(missing)
    },
  }
}

/** Takes away windows of an hour or less that ended days ago: nobody looks at them, and there is one a second. */
export async function dropShortWindows(connection: Connection): Promise<void> {
  await connection.query({
    text: `delete from allowance_window
      where ends_at < now() - interval '3 days' and ends_at - starts_at <= interval '1 hour' and held = 0`,
  })
}
