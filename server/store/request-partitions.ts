import { lowestIdAt } from '#domain/request-id.ts'
import type { Connection } from './connection.ts'

/** Tables that are partitioned by the id of a request, and the column that holds it. */
const tables = { request: 'id', attempt: 'request_id', ledger: 'request_id' } as const

/** A month of UTC, and the ids that were made in it. */
export interface MonthPartition {
  /** `2026_11`. */
  readonly suffix: string
  readonly fromId: string
  readonly toId: string
}

/** The months from the one that holds an instant on. */
export function monthPartitions(fromEpochMs: number, months: number): readonly MonthPartition[] {
  const first = Temporal.Instant.fromEpochMilliseconds(Math.floor(fromEpochMs))
    .toZonedDateTimeISO('UTC')
    .with({ day: 1 })
    .startOfDay()
  return Array.from({ length: months }, (_, index) => {
    const month = first.add({ months: index })
    return {
      suffix: month.toPlainDate().toString().slice(0, 7).replace('-', '_'),
      fromId: lowestIdAt(month.epochMilliseconds),
      toId: lowestIdAt(month.add({ months: 1 }).epochMilliseconds),
    }
  })
}

/**
 * Makes the partitions of a month and of those after it, where they are missing. Rows that came before their partition
 * are in the default one, and are moved. Called at every start and daily; replicas may call it side by side.
 */
export async function ensureRequestPartitions(
  connection: Connection,
  { fromEpochMs, months = 3 }: { fromEpochMs: number; months?: number },
): Promise<void> {
  const wanted = monthPartitions(fromEpochMs, months).flatMap((month) =>
    Object.entries(tables).map(([table, idColumn]) => ({
      ...month,
      table,
      idColumn,
      name: `${table}_${month.suffix}`,
    })),
  )
  const present = await connection.query<{ relname: string }>({
    text: 'select relname::text from pg_class where relname = any($1) and relispartition',
    values: [wanted.map(({ name }) => name)],
  })
  const names = new Set(present.map(({ relname }) => relname))
  for (const partition of wanted)
    if (!names.has(partition.name)) await attachPartition(connection, partition)
}

/** Names and bounds are made above from numbers: DDL takes no parameters. One string is one transaction. */
async function attachPartition(
  connection: Connection,
  {
    table,
    idColumn,
    name,
    fromId,
    toId,
  }: MonthPartition & { table: string; idColumn: string; name: string },
): Promise<void> {
  const inMonth = `${idColumn} >= '${fromId}' and ${idColumn} < '${toId}'`
  await connection.query({
    text: `
select pg_advisory_xact_lock(hashtext('orchestrator partitions'));
create table if not exists ${name} (like ${table} including defaults);
lock table ${table}_default in access exclusive mode;
with moved as (delete from ${table}_default where ${inMonth} returning *) insert into ${name} select * from moved;
do $$ begin
  if not exists (select from pg_class where relname = '${name}' and relispartition) then
    alter table ${table} attach partition ${name} for values from ('${fromId}') to ('${toId}');
  end if;
end $$`,
  })
}
