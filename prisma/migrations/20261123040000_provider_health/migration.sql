-- What is known of providers over a restart, and of all replicas. Providers are the installation's: no tenant has a part.

-- What people have decided of a provider.
create table provider_control (
  provider_name text primary key,
  override text not null default 'AUTO',
  reason text,
  actor text not null,
  changed_at timestamptz(3) not null default now(),
  -- When its circuits were last closed by hand.
  reset_at timestamptz(3)
);

-- Targets that are not well: whose circuit is not closed, or that were disabled by themselves. Others have no row.
create table target_state (
  -- `provider:model`, and `@route` behind it where a route has policies of its own for it.
  name text primary key,
  provider_name text not null,
  -- See server/domain/circuit-snapshot.ts and server/domain/target-health.ts.
  circuit jsonb not null,
  health jsonb not null,
  updated_at timestamptz(3) not null default now()
);

create index target_state_provider_name_idx on target_state (provider_name);

-- Who checks an idle provider: one replica at a time, and none while calls tell enough.
create table provider_probe (
  provider_name text primary key,
  claimed_at timestamptz(3),
  -- When a call last told some replica whether the provider works.
  proven_at timestamptz(3)
);

-- When a provider's health changed, as a replica has first seen it.
create table provider_transition (
  id bigint generated always as identity primary key,
  provider_name text not null,
  from_state text not null,
  to_state text not null,
  reason text,
  at timestamptz(3) not null
);

create index provider_transition_provider_name_at_idx on provider_transition (provider_name, at desc);
