/** What sums are made of: one name per column of `usage_rollup`. */
export const summed = [
  'requests',
  'errors',
  'input_tokens',
  'output_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
  'cost_ticks',
  'unpriced',
  'estimated',
  'retries',
  'fallbacks',
] as const

/** Histogram columns of `usage_rollup`; in a contribution, each is one element or null. */
export const distributed = ['latency', 'first_token', 'overhead', 'tokens_per_second'] as const

/** What roll-ups are grouped by, beside tenant and time. */
export const grouped = [
  'simulated',
  'provider_name',
  'model',
  'surface',
  'status',
  'error_code',
  'api_key_id',
  'project_id',
] as const

const nil = `'00000000-0000-0000-0000-000000000000'::uuid`

const carried = `r.tenant_id, r.id, r.created_at, coalesce(r.project_id, ${nil}) as project_id,
  coalesce(r.api_key_id, ${nil}) as api_key_id, r.surface, r.status, coalesce(r.error_code, '') as error_code,
  r.end_user, r.client_ip, r.tags`

/**
 * What calls that have ended add to every sum: the one definition, for roll-ups as they are written, for reports from
 * rows, and for checking one against the other. A call counts once, under the provider that answered last; tokens and
 * money count where they were billed, attempt by attempt, so that sums by provider are the providers' bills.
 *
 * @param requests A relation of `request` rows.
 * @param attempts A relation that holds their `attempt` rows.
 */
export function contributions({ requests, attempts }: Rows): string {
  return `
select ${carried}, r.simulated, coalesce(r.provider_name, '') as provider_name, r.model,
  1 as requests, (r.status in ('FAILED', 'REFUSED'))::int as errors,
  0::bigint as input_tokens, 0::bigint as output_tokens, 0::bigint as cache_read_tokens,
  0::bigint as cache_write_tokens, 0::bigint as reasoning_tokens, 0::bigint as cost_ticks,
  coalesce(r.cost_source = 'UNPRICED', false)::int as unpriced,
  coalesce(r.usage_source = 'ESTIMATED', false)::int as estimated,
  r.retry_count as retries, r.fell_back::int as fallbacks,
  case when r.attempt_count > 0 then histogram_element(r.latency_ms) end as latency,
  histogram_element(r.time_to_first_token_ms) as first_token,
  case when r.attempt_count > 0 then histogram_element(r.overhead_ms) end as overhead,
  case when r.status = 'SUCCEEDED' and r.output_tokens > 1 and r.latency_ms > 0 then histogram_element(
    r.output_tokens * 1000::float8 / case when r.stream and r.latency_ms > r.time_to_first_token_ms
      then r.latency_ms - r.time_to_first_token_ms else r.latency_ms end) end as tokens_per_second
from ${requests} r where r.status <> 'IN_PROGRESS'
union all
select ${carried}, a.simulated, a.provider_name,
  case when a.index = r.attempt_count - 1 then r.model else left(a.model, 200) end as model,
  0, 0, a.input_tokens, a.output_tokens, a.cache_read_tokens, a.cache_write_tokens, a.reasoning_tokens,
  coalesce(a.cost_total, 0), 0, 0, 0, 0, null, null, null, null
from ${requests} r join ${attempts} a on a.tenant_id = r.tenant_id and a.request_id = r.id
where r.status <> 'IN_PROGRESS' and a.status <> 'IN_PROGRESS' and (a.input_tokens is not null or a.cost_total is not null)`
}

/** A relation of `request` rows, and one of their `attempt` rows. */
interface Rows {
  readonly requests: string
  readonly attempts: string
}

/** What rows contribute now less what they did before they were changed. What distributions are made of has not changed. */
export function contributionChange({ before, after }: { before: Rows; after: Rows }): string {
  const columns = ['tenant_id', 'created_at', ...grouped, 'end_user', 'client_ip', 'tags']
  const signed = (sign: '' | '-', rows: Rows) => `
select ${columns.join(', ')}, ${summed.map((name) => `${sign}${name} as ${name}`).join(', ')},
  ${distributed.map((name) => `null::bigint as ${name}`).join(', ')}
from (${contributions(rows)}) as rows`
  return `${signed('', after)} union all ${signed('-', before)}`
}

const rollupKey = ['tenant_id', 'size', 'bucket_at', ...grouped]

/** A relation `contribution`, summed into the rows of `usage_rollup` by minute and by quarter of an hour. */
export const rollupRows = (contribution: string): string => `
select c.tenant_id, s.size, date_bin(make_interval(mins => s.size), c.created_at, to_timestamp(0)) as bucket_at,
  ${grouped.map((name) => `c.${name}`).join(', ')},
  ${summed.map((name) => `coalesce(sum(c.${name}), 0) as ${name}`).join(', ')},
  ${distributed.map((name) => `histogram_merge(array_agg(c.${name})) as ${name}`).join(', ')}
from ${contribution} c cross join (values (1), (15)) as s(size)
group by ${rollupKey.join(', ')}
order by ${rollupKey.join(', ')}`

/** Adds the rows of a relation `contribution` to the roll-ups. Rows are locked in one order, so replicas never deadlock. */
export const addToRollups = (contribution: string): string => `
insert into usage_rollup (${[...rollupKey, ...summed, ...distributed].join(', ')})
${rollupRows(contribution)}
on conflict (${rollupKey.join(', ')}) do update set
  ${summed.map((name) => `${name} = usage_rollup.${name} + excluded.${name}`).join(', ')},
  ${distributed.map((name) => `${name} = histogram_merge(usage_rollup.${name} || excluded.${name})`).join(', ')}`

/** Takes the rows of a relation `contribution` out of the roll-ups again. */
export const takeFromRollups = (contribution: string): string => `
update usage_rollup u set
  ${summed.map((name) => `${name} = u.${name} - g.${name}`).join(', ')},
  ${distributed.map((name) => `${name} = histogram_subtract(u.${name}, g.${name})`).join(', ')}
from (${rollupRows(contribution)}) g
where ${rollupKey.map((name) => `u.${name} = g.${name}`).join(' and ')}`

const dayKey = 'tenant_id, dimension, day, simulated, is_rest, value'

/**
 * Adds the rows of a relation `contribution` to the sums by day of end user, client address and tag; calls without one
 * count under the empty value.
 *
 * @param sign `-` takes them out again.
 */
export const addToDays = (contribution: string, sign: '' | '-' = ''): string => `
insert into usage_by_day (${dayKey}, ${summed.join(', ')})
select c.tenant_id, d.dimension, c.day, c.simulated, false as is_rest, left(d.value, 200) as value,
  ${summed.map((name) => `${sign}coalesce(sum(c.${name}), 0)`).join(', ')}
from (
  select c.tenant_id, (c.created_at at time zone t.reporting_time_zone)::date as day, c.simulated, c.end_user, c.client_ip, c.tags,
    ${summed.map((name) => `sum(c.${name}) as ${name}`).join(', ')}
  from ${contribution} c join tenant t on t.id = c.tenant_id group by 1, 2, 3, 4, 5, 6
) as c cross join lateral (
  select 'END_USER' as dimension, coalesce(c.end_user, '') as value union all select 'CLIENT_IP', coalesce(c.client_ip, '')
  union all select distinct 'TAG', tag from unnest(case when c.tags = '{}' then '{""}' else c.tags end) as tag
) as d
group by 1, 2, 3, 4, 6
order by 1, 2, 3, 4, 6
on conflict (${dayKey}) do update set
  ${summed.map((name) => `${name} = usage_by_day.${name} + excluded.${name}`).join(', ')}`
