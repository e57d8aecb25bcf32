import { randomUUIDv7 } from 'node:crypto'
import { type ApiKeyPatch, checkAccessInput, type NewApiKey } from '#domain/access-input.ts'
import { formatKeyToken, type KeyToken } from '#domain/api-key.ts'
import { actorName, type Changer } from '#domain/audit.ts'
import { GatewayError } from '#domain/errors.ts'
import { refuseExcess, requireScope } from '#domain/key-grant.ts'
import type { ApiKey, PrismaClient } from '#generated/prisma/client.ts'
import { changeKey, grantOf, invalidKey, noteKey, refuseRevoked } from './api-key-change.ts'
import type { Transaction } from './audit.ts'

/** A key whose secret nobody will be shown again. */
export interface IssuedKey {
  readonly apiKey: ApiKey
  /** The whole key: `ao_<publicId>_<secret>`. */
  readonly secret: string
}

/** Changes to keys: each checks that nobody grants more than they have, and leaves its row in the audit log. */
export interface ApiKeys {
  /** @throws {GatewayError} NOT_FOUND for a tenant or project out of reach; FORBIDDEN; INVALID_REQUEST. */
  create(wanted: NewApiKey, by: Changer): Promise<IssuedKey>
  /** @throws As `create` does. */
  update(id: string, { patch, by }: { patch: ApiKeyPatch; by: Changer }): Promise<ApiKey>
  /**
   * Gives the key another secret; the one before works for the grace period, measured by the database's clock.
   *
   * @throws As `create` does.
   */
  rotate(
    id: string,
    { graceSeconds, by }: { graceSeconds: number; by: Changer },
  ): Promise<IssuedKey>
  /** Ends the key for good; once is enough. @throws {GatewayError} NOT_FOUND, FORBIDDEN. */
  revoke(id: string, by: Changer): Promise<ApiKey>
}

/** How secrets are made and stored. */
export interface KeySecrets {
  issue(): KeyToken
  hashOf(secret: string): string
  /** Tells whether another replica stores secrets under the same pepper. */
  readonly fingerprint: string
}

export function createApiKeys(prisma: PrismaClient, secrets: KeySecrets): ApiKeys {
  const create = async (transaction: Transaction, wanted: NewApiKey, by: Changer) => {
    const { tenantId, projectId, expiresAt } = wanted
    const tenant = await transaction.tenant.findUnique({ where: { id: tenantId } })
    const project =
      projectId === null
        ? null
        : await transaction.project.findUnique({ where: { id: projectId, tenantId } })
    if (!tenant) throw new GatewayError('NOT_FOUND', 'There is no such tenant.')
    if (projectId !== null && !project) {
      throw new GatewayError('NOT_FOUND', 'There is no such project in this tenant.')
    }
    await refuseForeignSecret(transaction, secrets)
    await refusePast(transaction, expiresAt)
    const { publicId, secret } = secrets.issue()
    const { name, role, allowedModels, priority } = wanted
    const apiKey = await transaction.apiKey.create({
      data: {
        id: randomUUIDv7(),
        publicId,
        secretHash: secrets.hashOf(secret),
        createdBy: actorName(by),
        tenantId,
        projectId,
        name,
        role,
        priority,
        allowedModels: [...allowedModels],
        expiresAt: expiresAt === null ? null : new Date(expiresAt),
      },
    })
    await noteKey(transaction, { by, action: 'createApiKey', before: null, after: apiKey })
    return { apiKey, secret: formatKeyToken({ publicId, secret }) }
  }

  return {
    async create(wanted, by) {
      requireScope(by.viewer, 'manage-keys')
      refuseExcess(wanted, by.viewer)
      checkAccessInput(wanted)
      return prisma.$transaction((transaction) => create(transaction, wanted, by))
    },
    async update(id, { patch, by }) {
      const { apiKey } = await changeKey(prisma, id, {
        by,
        action: 'updateApiKey',
        async make(transaction, before) {
          checkAccessInput(patch)
          refuseRevoked(before)
          refuseExcess(grantOf(before), by.viewer)
          refuseExcess({ ...grantOf(before), ...patch }, by.viewer)
          const { allowedModels, expiresAt, ...plain } = patch
          if (expiresAt !== undefined) await refusePast(transaction, expiresAt)
          const key = await transaction.apiKey.update({
            where: { id },
            data: {
              ...plain,
              ...(allowedModels && { allowedModels: [...allowedModels] }),
              ...(expiresAt !== undefined && {
                expiresAt: expiresAt === null ? null : new Date(expiresAt),
              }),
            },
          })
          return { apiKey: key }
        },
      })
      return apiKey
    },
    rotate: (id, { graceSeconds, by }) =>
      changeKey(prisma, id, {
        by,
        action: 'rotateApiKey',
        async make(transaction, before) {
          checkAccessInput({ graceSeconds })
          refuseRevoked(before)
          refuseExcess(grantOf(before), by.viewer)
          await refuseForeignSecret(transaction, secrets)
          const { secret } = secrets.issue()
          await transaction.$executeRaw`
            update api_key set secret_hash = ${secrets.hashOf(secret)}, previous_secret_hash = secret_hash,
              previous_secret_valid_until = now() + make_interval(secs => ${graceSeconds}) where id = ${id}::uuid`
          const apiKey = await transaction.apiKey.findUniqueOrThrow({ where: { id } })
          return { apiKey, secret: formatKeyToken({ publicId: apiKey.publicId, secret }) }
        },
      }),
    async revoke(id, by) {
      const { apiKey } = await changeKey(prisma, id, {
        by,
        action: 'revokeApiKey',
        async make(transaction) {
          await transaction.$executeRaw`
            update api_key set revoked_at = coalesce(revoked_at, now()) where id = ${id}::uuid`
          return { apiKey: await transaction.apiKey.findUniqueOrThrow({ where: { id } }) }
        },
      })
      return apiKey
    },
  }
}

/** @throws {GatewayError} INVALID_REQUEST for an instant that is over by the database's clock. */
async function refusePast(transaction: Transaction, instant: number | null): Promise<void> {
  if (instant === null) return
  const [row] = await transaction.$queryRaw<{ over: boolean }[]>`
    select to_timestamp(${instant / 1000}::float8) <= now() as over`
  if (row?.over) throw invalidKey('expiresAt', 'must be in the future')
}

/**
 * Other replicas could not check a secret that is stored under another pepper.
 *
 * @throws {GatewayError} OVERLOADED: this replica has to be started anew.
 */
async function refuseForeignSecret(
  transaction: Transaction,
  { fingerprint }: KeySecrets,
): Promise<void> {
  const [row] = await transaction.$queryRaw<{ same: boolean }[]>`
    select secret_fingerprint = ${fingerprint} as same from installation for share`
  if (row?.same) return
  throw new GatewayError(
    'OVERLOADED',
    'Another replica was started with another secret: give all of them the same ORCHESTRATOR_SECRET, and start them anew.',
  )
}
