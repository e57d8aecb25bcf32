-- Tenants, keys, and the records of calls.

create table tenant (
  id uuid primary key,
  slug text not null unique,
  name text not null,
  reporting_time_zone text not null default 'UTC',
  store_payloads boolean not null default false,
  retention_days integer not null default 90,
  created_at timestamptz(3) not null default now()
);

-- The tenant of server/domain/access.ts, which everything belongs to until others are created.
insert into tenant (id, slug, name)
values ('00000000-0000-7000-8000-000000000001', 'default', 'Default');

create table api_key (
  id uuid primary key,
  tenant_id uuid not null references tenant (id),
  public_id text not null unique,
  name text not null,
  role text not null,
  created_at timestamptz(3) not null default now(),
  last_used_at timestamptz(3),
  secret_hash text
);

create index api_key_tenant_id_idx on api_key (tenant_id);

-- Processes that write records. A replica whose heartbeat is old is dead, and what it left open is finished for it.
create table replica (
  id uuid primary key,
  started_at timestamptz(3) not null default now(),
  heartbeat_at timestamptz(3) not null default now()
);

-- One row a call. Its id is a UUIDv7, so the month partitions, the primary key and the order of time are one.
-- Without foreign keys: rows are written by the hundred, and a month is dropped as a whole.
create table request (
  tenant_id uuid not null,
  id uuid not null,
  replica_id uuid,
  created_at timestamptz(3) not null,
  finished_at timestamptz(3),
  status text not null,
  -- Finished by the crash rule, without anybody having seen its end: charged its hold until the truth arrives.
  lost boolean not null default false,
  surface text not null,
  requested_model text not null,
  served_model text,
  -- What it is counted under: the served model, else the requested one, else (nonsense was asked for) nothing.
  model text not null default '',
  provider_name text,
  simulated boolean not null default false,
  api_key_id uuid,
  project_id uuid,
  client_ip text,
  end_user text,
  session_id text,
  tags text[] not null default '{}',
  metadata jsonb,
  trace_id text,
  stream boolean not null,
  priority text not null,
  config_version integer not null,
  finish_reason text,
  latency_ms double precision,
  time_to_first_token_ms double precision,
  queued_ms double precision,
  overhead_ms double precision,
  input_tokens integer,
  cache_read_tokens integer,
  cache_write_tokens integer,
  output_tokens integer,
  reasoning_tokens integer,
  usage_source text,
  -- Ticks of 1e-10 USD; null is unknown.
  cost_total bigint,
  cost_input bigint,
  cost_output bigint,
  cost_cache_read bigint,
  cost_cache_write bigint,
  cost_other bigint,
  cost_source text,
  price_version text,
  error_code text,
  error_message text,
  error_fingerprint text,
  http_status integer,
  attempt_count integer not null default 0,
  retry_count integer not null default 0,
  fell_back boolean not null default false,
  primary key (tenant_id, id)
) partition by range (id);

create table request_default partition of request default;

create index request_open_idx on request (replica_id) where status = 'IN_PROGRESS';

create index request_failure_idx on request (tenant_id, error_fingerprint, id) where error_fingerprint is not null;

-- Partitioned as `request` is, so that a month's attempts leave with it.
create table attempt (
  tenant_id uuid not null,
  request_id uuid not null,
  index integer not null,
  provider_name text not null,
  model text not null,
  simulated boolean not null,
  started_at timestamptz(3) not null,
  status text not null,
  -- The most that it can use and cost, durable before its first upstream byte.
  hold_input_tokens integer not null,
  hold_output_tokens integer not null,
  hold_cost bigint,
  hold_price_version text,
  duration_ms double precision,
  time_to_first_token_ms double precision,
  error_code text,
  error_message text,
  error_retryable boolean,
  error_http_status integer,
  error_fingerprint text,
  upstream_request_id text,
  input_tokens integer,
  cache_read_tokens integer,
  cache_write_tokens integer,
  output_tokens integer,
  reasoning_tokens integer,
  usage_source text,
  cost_total bigint,
  cost_input bigint,
  cost_output bigint,
  cost_cache_read bigint,
  cost_cache_write bigint,
  cost_other bigint,
  cost_source text,
  price_version text,
  primary key (tenant_id, request_id, index)
) partition by range (request_id);

create table attempt_default partition of attempt default;

create index attempt_failure_idx on attempt (tenant_id, error_fingerprint, request_id) where error_fingerprint is not null;

-- Bodies, where a tenant stores them at all.
create table request_payload (
  tenant_id uuid not null,
  request_id uuid not null,
  request jsonb,
  response jsonb,
  truncated boolean not null default false,
  redactions integer not null default 0,
  stored_until timestamptz(3),
  primary key (tenant_id, request_id)
);

create index request_payload_stored_until_idx on request_payload (stored_until);

-- What was charged. Rows are added and never changed; the sum over a call is its cost.
create table ledger (
  tenant_id uuid not null,
  request_id uuid not null,
  attempt_index integer not null,
  -- CHARGE when the call was settled; CORRECTION when the truth of a lost call arrived.
  kind text not null,
  ticks bigint not null,
  estimated boolean not null,
  simulated boolean not null,
  at timestamptz(3) not null default now(),
  primary key (tenant_id, request_id, attempt_index, kind)
) partition by range (request_id);

create table ledger_default partition of ledger default;

-- Sums of calls by everything that dashboards group by, in buckets of `size` minutes of UTC: 1, 15, and later 60.
-- Absent dimensions are empty (the nil UUID for keys and projects), so that the key is a plain primary key.
create table usage_rollup (
  tenant_id uuid not null,
  size smallint not null,
  bucket_at timestamptz(0) not null,
  simulated boolean not null,
  project_id uuid not null,
  api_key_id uuid not null,
  provider_name text not null,
  model text not null,
  surface text not null,
  status text not null,
  error_code text not null,
  requests bigint not null,
  errors bigint not null,
  input_tokens bigint not null,
  output_tokens bigint not null,
  cache_read_tokens bigint not null,
  cache_write_tokens bigint not null,
  reasoning_tokens bigint not null,
  cost_ticks numeric not null,
  unpriced bigint not null,
  estimated bigint not null,
  retries bigint not null,
  fallbacks bigint not null,
  -- Sparse histograms of server/domain/histogram.ts: an element is bucket * 2^40 + count.
  latency bigint[] not null,
  first_token bigint[] not null,
  overhead bigint[] not null,
  tokens_per_second bigint[] not null,
  primary key (tenant_id, size, bucket_at, simulated, provider_name, model, surface, status, error_code, api_key_id, project_id)
) with (fillfactor = 60, toast_tuple_target = 8160);

-- Sums by day, in the tenant's reporting zone, along one dimension: END_USER, CLIENT_IP or TAG. Once a day is over, its
-- rarest values are folded into the row with `is_rest`.
create table usage_by_day (
  tenant_id uuid not null,
  day date not null,
  dimension text not null,
  simulated boolean not null,
  is_rest boolean not null,
  value text not null,
  requests bigint not null,
  errors bigint not null,
  input_tokens bigint not null,
  output_tokens bigint not null,
  cache_read_tokens bigint not null,
  cache_write_tokens bigint not null,
  reasoning_tokens bigint not null,
  cost_ticks numeric not null,
  unpriced bigint not null,
  estimated bigint not null,
  retries bigint not null,
  fallbacks bigint not null,
  primary key (tenant_id, dimension, day, simulated, is_rest, value)
) with (fillfactor = 80);

-- One value as a histogram element; null for null. Not strict, so that it is inlined. 0.04000533461369913 is ln(1.02 / 0.98): a relative error of at most 2 %.
create function histogram_element(value double precision) returns bigint
language sql immutable parallel safe as $$
  select case
    when value < 0.01 then 1
    when value is not null then ((ceil(ln(least(value, 1e12)) / 0.04000533461369913)::bigint + 128) << 40) + 1
  end
$$;

-- Adds up the counts of elements that share a bucket; null elements are left out.
create function histogram_merge(elements bigint[]) returns bigint[]
language sql immutable parallel safe as $$
  select coalesce(array_agg((bucket << 40) + count order by bucket), '{}')
  from (
    select element >> 40 as bucket, sum(element & 1099511627775)::bigint as count
    from unnest(elements) as element
    where element is not null
    group by 1
  ) as merged
$$;

-- What remains of `elements` when those of `taken` are taken out.
create function histogram_subtract(elements bigint[], taken bigint[]) returns bigint[]
language sql immutable parallel safe as $$
  select coalesce(array_agg((bucket << 40) + count order by bucket), '{}')
  from (
    select element >> 40 as bucket, sum(sign * (element & 1099511627775))::bigint as count
    from (select unnest(elements) as element, 1 as sign union all select unnest(taken), -1) as signed
    group by 1
    having sum(sign * (element & 1099511627775)) > 0
  ) as rest
$$;
