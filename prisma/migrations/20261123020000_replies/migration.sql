-- Answers by idempotency key, so that a call is run once: kept apart from payloads, for the caller who asks again.

create table reply (
  tenant_id uuid not null,
  -- The API key under which the caller came; the nil UUID where there is none.
  scope uuid not null,
  key text not null,
  -- SHA-256 of what was asked: the same key with another body is refused.
  fingerprint bytea not null,
  state text not null check (state in ('RUNNING', 'KEPT')),
  -- The call that is run for the key, and who runs it.
  request_id uuid not null,
  replica_id uuid not null,
  -- The answer of server/store/reply-bytes.ts; null while it runs.
  answer bytea,
  created_at timestamptz(3) not null default now(),
  expires_at timestamptz(3) not null default now() + interval '24 hours',
  primary key (tenant_id, scope, key)
);

-- It is compressed already.
alter table reply alter column answer set storage external;

create index reply_expires_at_idx on reply (expires_at);
