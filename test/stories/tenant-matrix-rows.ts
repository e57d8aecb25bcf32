import { randomUUID } from 'node:crypto'
import { createKeySecrets } from '#auth/key-secrets.ts'
import { formatKeyToken } from '#domain/api-key.ts'
import type { RequestRecord } from '#domain/request-record.ts'
import { systemClock as clock } from '#jobs/system-clock.ts'
import { createCallRecords } from '#store/call-records.ts'
import { openInstallationSecret } from '#store/installation-secret.ts'
import { attemptOf, failedAttempt, recordOf } from '../support/request-record.ts'
import { MemoryLog, sql } from '../support/store.ts'
import {
  callTime,
  hourMs,
  type KeyName,
  keyNames,
  type MatrixTenant,
} from './tenant-matrix-tenants.ts'

/** Where rows are written, and by which secret keys are made. */
export interface MatrixStore {
  readonly databaseUrl: string
  readonly secret: string
  readonly folder: string
  readonly startMs: number
}

/** The keys of a tenant, as their holders have them. */
export type Tokens = Readonly<Record<KeyName, string>>

/** Writes a tenant with rows of every kind. @returns Its keys. */
export async function fillTenant(store: MatrixStore, tenant: MatrixTenant): Promise<Tokens> {
  const { databaseUrl } = store
  const { tenantId, word } = tenant
  await sql(
    databaseUrl,
    `insert into tenant (id, slug, name, reporting_time_zone) values ($1, $2 || '-slug', $2 || ' tenant', 'UTC')`,
    [tenantId, word],
  )
  for (const [id, slug] of [
    [tenant.projectId, 'project'],
    [tenant.known.projectId, 'other-project'],
  ]) {
    await sql(
      databaseUrl,
      `insert into project (id, tenant_id, slug, name) values ($1, $2, $3 || '-' || $4, $3 || ' ' || $4)`,
      [id, tenantId, word, slug],
    )
  }
  const tokens = await writeKeys(store, tenant)
  await writeAllowances(store, tenant)
  await sql(
    databaseUrl,
    `insert into alert (id, tenant_id, kind, severity, subject_key, subject, message)
     values ($1, $2, 'UNPRICED_MODEL', 'WARNING', $3 || '-model', $3 || '-model', $3 || ' message')`,
    [tenant.alertId, tenantId, word],
  )
  await sql(
    databaseUrl,
    `insert into audit_event (id, tenant_id, actor, action, target, before, after, ip)
     values ($1, $2::uuid, $3 || ' actor', 'updateTenant', 'Tenant:' || $2::uuid, $4, $4, $5)`,
    [tenant.auditEventId, tenantId, word, JSON.stringify({ name: word }), tenant.clientIp],
  )
  return tokens
}

async function writeKeys(store: MatrixStore, tenant: MatrixTenant): Promise<Tokens> {
  const { databaseUrl, folder } = store
  const { keyFor } = await openInstallationSecret({ given: store.secret, folder, databaseUrl })
  const secrets = createKeySecrets(keyFor('api-key'))
  const tokens: [string, string][] = []
  const all = [...keyNames.map((name) => [name, tenant.keys[name]]), ['KNOWN', tenant.known.keyId]]
  for (const [name = '', id] of all) {
    const role = name === 'REVOKED' || name === 'EXPIRED' ? 'ADMIN' : name
    const publicId = `${tenant.word}${name.toLowerCase().replace('_', '')}`
      .padEnd(16, '0')
      .slice(0, 16)
    const token = { ...secrets.issue(), publicId }
    tokens.push([name, formatKeyToken(token)])
    await sql(
      databaseUrl,
      `insert into api_key (id, tenant_id, project_id, public_id, name, role, secret_hash, created_by, revoked_at, expires_at,
         allowed_models)
       values ($1, $2, $3, $4, $5, $6, $7, $8, case when $9 = 'REVOKED' then now() end,
         case when $9 = 'EXPIRED' then now() - interval '1 minute' end, case when $9 = 'CALLER' then array['simulator:echo'] else '{}' end)`,
      [
        id,
        tenant.tenantId,
        name === 'CALLER' ? tenant.projectId : null,
        publicId,
        `${tenant.word} ${name} key`,
        name === 'KNOWN' ? 'CALLER' : role,
        secrets.hashOf(token.secret),
        `${tenant.word} maker`,
        name,
      ],
    )
  }
  return Object.fromEntries(tokens) as Tokens
}

async function writeAllowances(
  { databaseUrl, startMs }: MatrixStore,
  tenant: MatrixTenant,
): Promise<void> {
  const { budgetId, projectId, quotaId, tenantId, word } = tenant
  const insert = `insert into allowance (id, tenant_id, kind, name, scope_kind, scope_value, unit, amount, period, time_zone,
      action, thresholds, created_at) values ($1, $2, $3::text, $4 || ' ' || $3::text, $5, $6, $7, $8, 'DAY', 'UTC', $9, $10, $11)`
  const createdAt = new Date(startMs - 5 * 24 * hourMs)
  const rows: unknown[][] = [
    [budgetId, 'BUDGET', 'TENANT', tenantId, 'TICKS', '900000000000000', 'BLOCK', [0.5]],
    [quotaId, 'QUOTA', 'PROJECT', projectId, 'REQUESTS', '90000000', 'BLOCK', []],
    [
      randomUUID(),
      'BUDGET',
      'API_KEY',
      tenant.keys.CALLER,
      'TICKS',
      '900000000000000',
      'NOTIFY',
      [1],
    ],
    [randomUUID(), 'BUDGET', 'END_USER', tenant.endUser, 'TICKS', '900000000000000', 'NOTIFY', [1]],
    [randomUUID(), 'QUOTA', 'TENANT', tenantId, 'TOKENS', '90000000', 'BLOCK', []],
    [randomUUID(), 'QUOTA', 'API_KEY', tenant.keys.CALLER, 'TOKENS', '90000000', 'BLOCK', []],
    [randomUUID(), 'QUOTA', 'CLIENT_IP', tenant.clientIp, 'TOKENS', '90000000', 'BLOCK', []],
  ]
  for (const [id, kind, ...rest] of rows) {
    await sql(databaseUrl, insert, [id, tenantId, kind, word, ...rest, createdAt])
    await sql(
      databaseUrl,
      `insert into allowance_window (allowance_id, tenant_id, unit, starts_at, ends_at, spent, ceiling)
       select id, tenant_id, unit, now() - interval '2 days', now() - interval '1 day', 77, amount from allowance where id = $1`,
      [id],
    )
  }
}

/** Writes calls of every fate, as the product does; `smuggled` are ids of another tenant's in one of them. */
export async function fillCalls(
  { databaseUrl, folder, startMs }: MatrixStore,
  tenant: MatrixTenant,
  smuggled: MatrixTenant['known'],
): Promise<void> {
  const log = new MemoryLog()
  const records = await createCallRecords({
    databaseUrl,
    replicaId: randomUUID(),
    spoolFolder: `${folder}/spool-${tenant.word}`,
    clock,
    log,
  })
  await Promise.all(callsOf(tenant, { startMs, smuggled }).map((call) => records.end(call)))
  await records.close()
  await sql(
    databaseUrl,
    `insert into request_payload (tenant_id, request_id, request, response) values ($1, $2, $3, $3)`,
    [tenant.tenantId, tenant.requestIds[0], JSON.stringify({ text: `${tenant.word} body` })],
  )
}

function callsOf(
  tenant: MatrixTenant,
  { smuggled, startMs }: { smuggled: MatrixTenant['known']; startMs: number },
): readonly RequestRecord[] {
  const { clientIp, endUser, requestIds, tenantId, word } = tenant
  const createdAt = callTime(startMs)
  const model = `${word}-model`
  const failed = failedAttempt('PROVIDER_REJECTED', {
    model,
    error: {
      code: 'PROVIDER_REJECTED',
      message: `${word} was refused`,
      retryable: false,
      httpStatus: 400,
    },
    upstreamRequestId: `${word}-upstream`,
  })
  const base = {
    tenantId,
    createdAt,
    finishedAt: createdAt + 200,
    projectId: tenant.projectId,
    apiKeyId: tenant.keys.CALLER,
    requestedModel: `openai:${model}`,
    clientIp,
    endUser,
    sessionId: `${word}-session`,
    tags: [`${word}-tag`],
    metadata: { note: `${word} note` },
    traceId: null,
  }
  const { keyId: apiKeyId, projectId } = smuggled
  return [
    { ...base, attempts: [attemptOf({ model, upstreamRequestId: `${word}-upstream` })] },
    { ...base, attempts: [failed] },
    { ...base, apiKeyId, projectId, attempts: [attemptOf({ model })] },
  ].map((over, index) => recordOf({ id: requestIds[index] ?? '', ...over }))
}
