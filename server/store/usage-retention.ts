import type { Connection } from './connection.ts'
import { summed } from './contribution.ts'
import type { Reader } from './reader.ts'

/** How many values of a dimension a day keeps apart. */
const valuesKept = 1000

/** Takes away sums by minute that are older than 48 hours: those by quarter of an hour say the same. */
export async function dropOldMinutes(connection: Connection | Reader): Promise<void> {
  await connection.query({
    text: `delete from usage_rollup where size = 1 and bucket_at < now() - interval '48 hours'`,
  })
}

/**
 * Folds what is rare in days that are over: beyond the 1,000 values with the most cost and calls of a day and dimension,
 * all others become one row, so that a caller who makes up names cannot fill the table.
 */
export async function foldRareValues(connection: Connection | Reader): Promise<void> {
  const key = 'tenant_id, dimension, day, simulated'
  await connection.query({
    text: `
with ranked as (
  select ${key}, value, row_number() over (
    partition by ${key} order by cost_ticks desc, requests desc, value) as place
  from usage_by_day where day < current_date - 2 and not is_rest
), rare as (
  delete from usage_by_day d using ranked r
  where r.place > ${valuesKept} and not d.is_rest and d.value = r.value
    and (d.tenant_id, d.dimension, d.day, d.simulated) = (r.tenant_id, r.dimension, r.day, r.simulated)
  returning d.*
)
insert into usage_by_day (${key}, is_rest, value, ${summed.join(', ')})
select ${key}, true, '', ${summed.map((name) => `sum(${name})`).join(', ')} from rare group by ${key}
on conflict (tenant_id, dimension, day, simulated, is_rest, value) do update set
  ${summed.map((name) => `${name} = usage_by_day.${name} + excluded.${name}`).join(', ')}`,
  })
}
