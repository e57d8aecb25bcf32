import type { Connection } from './connection.ts'

/** A provider that was claimed is not claimed again for so long, by whichever replica. */
const claimed = `interval '10 seconds'`
/** Calls that told something on any replica make checks needless for so long. */
const proven = `interval '30 seconds'`

const prove = `
insert into provider_probe (provider_name, proven_at) select name, now() from unnest($1::text[]) as name order by name
on conflict (provider_name) do update set proven_at = now()`

const claim = `
insert into provider_probe as probe (provider_name, claimed_at)
select distinct name, now() from unnest($1::text[]) as name order by name
on conflict (provider_name) do update set claimed_at = now()
where coalesce(probe.claimed_at, '-infinity') < now() - ${claimed}
  and (probe.provider_name = any($2::text[]) or coalesce(probe.proven_at, '-infinity') < now() - ${proven})
returning provider_name as name`

/**
 * Shares the checks of providers out among replicas, by the database's clock: of those who ask at the same time, one is
 * given a provider, and nobody while calls tell enough of it anywhere.
 *
 * @returns Names of the providers that are the asker's to check now.
 */
export async function claimProbes(
  connection: Pick<Connection, 'query'>,
  asked: {
    readonly proven: readonly string[]
    readonly idle: readonly string[]
    readonly troubled: readonly string[]
  },
): Promise<readonly string[]> {
  if (asked.proven.length > 0) await connection.query({ text: prove, values: [asked.proven] })
  const wanted = [...asked.idle, ...asked.troubled]
  if (wanted.length === 0) return []
  const values = [wanted, asked.troubled]
  const rows = await connection.query<{ name: string }>({ text: claim, values })
  return rows.map(({ name }) => name)
}
