import type { AccessRole } from '#domain/access-role.ts'
import type { KeyGrant } from '#domain/api-key.ts'
import type { Changer } from '#domain/audit.ts'
import { busChannel, busMessage } from '#domain/bus-topic.ts'
import { GatewayError } from '#domain/errors.ts'
import { reaches, refuseOutOfReach, requireScope } from '#domain/key-grant.ts'
import type { Priority } from '#domain/request-record.ts'
import type { ApiKey, PrismaClient } from '#generated/prisma/client.ts'
import { audit, type Transaction } from './audit.ts'

/** A change to a key that exists. */
export interface KeyChange<Result extends { readonly apiKey: ApiKey }> {
  readonly by: Changer
  /** The contract's word. */
  readonly action: string
  /** Makes it; nobody else changes the key meanwhile. */
  make(transaction: Transaction, before: ApiKey): Promise<Result>
}

/**
 * Changes a key that is within reach, writes that down, and tells the replicas.
 *
 * @throws {GatewayError} NOT_FOUND, FORBIDDEN, and what `make` throws; then nothing has changed.
 */
export function changeKey<Result extends { readonly apiKey: ApiKey }>(
  prisma: PrismaClient,
  id: string,
  { by, action, make }: KeyChange<Result>,
): Promise<Result> {
  return prisma.$transaction(async (transaction) => {
    requireScope(by.viewer, 'manage-keys')
    await transaction.$queryRaw`select from api_key where id = ${id}::uuid for update`
    const before = await transaction.apiKey.findUnique({ where: { id } })
    if (!before || !reaches(by.viewer, before.tenantId)) {
      throw new GatewayError('NOT_FOUND', 'There is no such API key.')
    }
    refuseOutOfReach(before, by.viewer)
    if (before.secretHash === null) {
      throw invalidKey('id', 'is the key of ROUTER_AUTH_TOKEN, which the environment decides')
    }
    const result = await make(transaction, before)
    await noteKey(transaction, { by, action, before, after: result.apiKey })
    return result
  })
}

/** Writes down what happened to a key, and tells the replicas. */
export async function noteKey(
  transaction: Transaction,
  {
    by,
    action,
    before,
    after,
  }: { by: Changer; action: string; before: ApiKey | null; after: ApiKey },
): Promise<void> {
  await audit(transaction, {
    tenantId: after.tenantId,
    by,
    action,
    target: `ApiKey:${after.id}`,
    before: before && stateOf(before),
    after: stateOf(after),
  })
  const message = busMessage('api-key', after.publicId)
  await transaction.$executeRaw`select pg_notify(${busChannel}, ${message})`
}

function stateOf(key: ApiKey) {
  const { publicId, name, projectId, role, allowedModels, priority } = key
  const { expiresAt, revokedAt, previousSecretValidUntil } = key
  return {
    publicId,
    name,
    projectId,
    role,
    allowedModels,
    priority,
    expiresAt: expiresAt?.toISOString() ?? null,
    revokedAt: revokedAt?.toISOString() ?? null,
    previousSecretValidUntil: previousSecretValidUntil?.toISOString() ?? null,
  }
}

/** What a key may do, as it stands. */
export function grantOf({ tenantId, projectId, role, allowedModels, priority }: ApiKey): KeyGrant {
  return {
    tenantId,
    projectId,
    role: role as AccessRole,
    allowedModels,
    priority: priority as Priority,
  }
}

/** @throws {GatewayError} INVALID_REQUEST. */
export function refuseRevoked({ revokedAt }: ApiKey): void {
  if (revokedAt) throw invalidKey('id', 'is revoked, and a revoked key stays so')
}

/** The refusal of one field. */
export function invalidKey(field: string, message: string): GatewayError {
  return new GatewayError('INVALID_REQUEST', `\`${field}\` ${message}.`, {
    issues: [{ path: ['input', field], message }],
  })
}
