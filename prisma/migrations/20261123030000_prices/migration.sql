-- Prices that were set through the API. Those of the configuration are in its file, all others come with the product.

create table model_price (
  id uuid primary key,
  provider_name text not null,
  model text not null,
  effective_from timestamptz(3) not null,
  -- USD as decimal strings, see server/domain/written-price.ts.
  price jsonb not null,
  created_at timestamptz(3) not null default now(),
  created_by text not null,
  -- Removed or replaced ones stay: what was charged by them can still be explained.
  removed_at timestamptz(3),
  removed_by text
);

create unique index model_price_current_idx on model_price (provider_name, model, effective_from) where removed_at is null;

-- The service tier that the provider echoed: a call is priced again by the same rates.
alter table attempt add column service_tier text;

-- What providers say that calls cost, beside what the price table says of the same calls, by day of UTC.
create table cost_drift (
  tenant_id uuid not null,
  provider_name text not null,
  day date not null,
  calls bigint not null,
  -- Ticks.
  reported numeric not null,
  computed numeric not null,
  primary key (tenant_id, provider_name, day)
);
