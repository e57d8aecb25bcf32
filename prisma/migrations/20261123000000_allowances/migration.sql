-- Budgets and quotas. An allowance has a unit, a scope, a period and a limit; what was used of it in one period is a row
-- of its own, so that a reset cannot touch what is in flight.

create table allowance (
  id uuid primary key,
  tenant_id uuid not null references tenant (id),
  kind text not null check (kind in ('BUDGET', 'QUOTA')),
  name text not null,
  scope_kind text not null,
  -- A UUID for tenants, projects and keys; a name for providers and models; the text itself for end users and addresses.
  scope_value text not null,
  unit text not null check (unit in ('TICKS', 'TOKENS', 'REQUESTS', 'CONCURRENT_REQUESTS')),
  amount bigint not null check (amount >= 0),
  period text not null,
  time_zone text not null,
  action text not null check (action in ('BLOCK', 'NOTIFY')),
  -- Shares of the limit at which an alert opens.
  thresholds double precision[] not null default '{}',
  paused boolean not null default false,
  -- Raised by every edit: the optimistic lock.
  version integer not null default 1,
  created_at timestamptz(3) not null default now(),
  -- Deleted ones stay, so that what was charged under them can still be named.
  deleted_at timestamptz(3)
);

create index allowance_tenant_idx on allowance (tenant_id) where deleted_at is null;

-- What is spent and held in one period. Always locked in the order of id.
create table allowance_window (
  id bigint generated always as identity primary key,
  allowance_id uuid not null references allowance (id),
  tenant_id uuid not null,
  unit text not null,
  starts_at timestamptz(3) not null,
  -- Null: never.
  ends_at timestamptz(3),
  spent bigint not null default 0,
  held bigint not null default 0,
  -- Charged above its holds.
  overage bigint not null default 0,
  -- The highest limit that was in force, or what was spent and held when the allowance began to block.
  ceiling bigint not null,
  -- The highest threshold of which somebody was told.
  notified double precision not null default 0,
  unique (allowance_id, starts_at)
);

create index allowance_window_ends_idx on allowance_window (ends_at);

-- A call's reservation lives as long as the call: the windows that its attempt holds, how much of each, and in the end
-- how much it used of each.
alter table attempt add column window_ids bigint[];
alter table attempt add column held bigint[];
alter table attempt add column used bigint[];

-- What was charged to these windows, in their own units, and what they had held for it. Null money is unpriced.
alter table ledger add column window_ids bigint[];
alter table ledger add column amounts bigint[];
alter table ledger add column held bigint[];
alter table ledger alter column ticks drop not null;
-- A call is priced again as often as prices are mended; every other kind stands once.
alter table ledger add column sequence integer not null default 0;
alter table ledger drop constraint ledger_pkey;
alter table ledger add primary key (tenant_id, request_id, attempt_index, kind, sequence);

-- A condition that somebody should know of: opened once, counted while it lasts, resolved once.
create table alert (
  id uuid primary key,
  tenant_id uuid not null,
  kind text not null,
  severity text not null,
  -- What the alert is about, as one key and as a person reads it.
  subject_key text not null,
  subject text not null,
  message text not null,
  count integer not null default 1,
  opened_at timestamptz(3) not null default now(),
  last_seen_at timestamptz(3) not null default now(),
  resolved_at timestamptz(3),
  acknowledged_at timestamptz(3)
);

create unique index alert_open_idx on alert (tenant_id, kind, subject_key) where resolved_at is null;
create index alert_tenant_idx on alert (tenant_id, id);
