import { randomUUIDv7 } from 'node:crypto'
import { checkAccessInput, type NewTenant, type TenantPatch } from '#domain/access-input.ts'
import type { Changer } from '#domain/audit.ts'
import { GatewayError } from '#domain/errors.ts'
import { reaches, requireScope } from '#domain/key-grant.ts'
import type { PrismaClient, Tenant } from '#generated/prisma/client.ts'
import { audit } from './audit.ts'
import { withUniqueSlug } from './unique-slug.ts'

/** Changes to tenants, each with its row in the audit log. */
export interface Tenants {
  /** @throws {GatewayError} FORBIDDEN for all who do not run the installation; INVALID_REQUEST. */
  create(wanted: NewTenant, by: Changer): Promise<Tenant>
  /** @throws {GatewayError} NOT_FOUND for a tenant out of reach; FORBIDDEN; INVALID_REQUEST. */
  update(id: string, { patch, by }: { patch: TenantPatch; by: Changer }): Promise<Tenant>
}

export function createTenants(prisma: PrismaClient): Tenants {
  return {
    async create(wanted, by) {
      requireScope(by.viewer, 'admin')
      if (!by.viewer.runsInstallation) {
        throw new GatewayError(
          'FORBIDDEN',
          'Only administrators of the default tenant create tenants.',
          { missingScopes: [] },
        )
      }
      checkAccessInput(wanted)
      const { slug, name, reportingTimeZone } = wanted
      return withUniqueSlug(() =>
        prisma.$transaction(async (transaction) => {
          const tenant = await transaction.tenant.create({
            data: { id: randomUUIDv7(), slug, name, reportingTimeZone },
          })
          const after = stateOf(tenant)
          const change = { action: 'createTenant', target: targetOf(tenant), before: null, after }
          await audit(transaction, { tenantId: tenant.id, by, ...change })
          return tenant
        }),
      )
    },
    async update(id, { patch, by }) {
      if (!reaches(by.viewer, id)) throw unknown()
      requireScope(by.viewer, 'admin')
      if (by.viewer.projectId !== null) {
        throw new GatewayError('FORBIDDEN', 'Your key is of one project.', { missingScopes: [] })
      }
      checkAccessInput(patch)
      return prisma.$transaction(async (transaction) => {
        await transaction.$queryRaw`select from tenant where id = ${id}::uuid for update`
        const before = await transaction.tenant.findUnique({ where: { id } })
        if (!before) throw unknown()
        const tenant = await transaction.tenant.update({ where: { id }, data: patch })
        await audit(transaction, {
          tenantId: id,
          by,
          action: 'updateTenant',
          target: targetOf(tenant),
          before: stateOf(before),
          after: stateOf(tenant),
        })
        return tenant
      })
    },
  }
}

const targetOf = ({ id }: Tenant): string => `Tenant:${id}`

const unknown = () => new GatewayError('NOT_FOUND', 'There is no such tenant.')

function stateOf({ slug, name, reportingTimeZone, storePayloads, retentionDays }: Tenant) {
  return { slug, name, reportingTimeZone, storePayloads, retentionDays }
}
