-- Projects of a tenant, what an API key may do and for how long, and who changed what.

create table project (
  id uuid primary key,
  tenant_id uuid not null references tenant (id),
  slug text not null,
  name text not null,
  created_at timestamptz(3) not null default now(),
  unique (tenant_id, slug),
  -- So that a key can only be of a project of its own tenant.
  unique (tenant_id, id)
);

alter table api_key add column project_id uuid;
alter table api_key add constraint api_key_project_fkey foreign key (tenant_id, project_id) references project (tenant_id, id);
-- Names of models, `*` at the end for all that begin so; none is all models.
alter table api_key add column allowed_models text[] not null default '{}';
alter table api_key add column priority text not null default 'NORMAL';
alter table api_key add column expires_at timestamptz(3);
alter table api_key add column revoked_at timestamptz(3);
-- Hashes are HMAC-SHA256 under the installation's secret, in base64url.
alter table api_key add column previous_secret_hash text;
alter table api_key add column previous_secret_valid_until timestamptz(3);
alter table api_key add column created_by text not null default '';

-- One row for each change by hand. Rows are added and never changed.
create table audit_event (
  id uuid primary key,
  tenant_id uuid not null references tenant (id),
  at timestamptz(3) not null default now(),
  actor text not null,
  action text not null,
  target text not null,
  before jsonb,
  after jsonb,
  ip text
);

create index audit_event_tenant_idx on audit_event (tenant_id, id);

-- What is true of the whole installation: one row.
create table installation (
  id boolean primary key default true check (id),
  -- Tells whether a replica has the same ORCHESTRATOR_SECRET, without telling the secret.
  secret_fingerprint text
);

insert into installation default values;
