import { randomUUIDv7 } from 'node:crypto'
import { checkAccessInput, type NewProject } from '#domain/access-input.ts'
import type { Changer } from '#domain/audit.ts'
import { GatewayError } from '#domain/errors.ts'
import { reaches, requireScope } from '#domain/key-grant.ts'
import type { PrismaClient, Project } from '#generated/prisma/client.ts'
import { audit } from './audit.ts'
import { withUniqueSlug } from './unique-slug.ts'

/** Changes to projects, each with its row in the audit log. */
export interface Projects {
  /** @throws {GatewayError} NOT_FOUND for a tenant out of reach; FORBIDDEN; INVALID_REQUEST. */
  create(wanted: NewProject, by: Changer): Promise<Project>
}

export function createProjects(prisma: PrismaClient): Projects {
  return {
    async create({ tenantId, slug, name }, by) {
      if (!reaches(by.viewer, tenantId)) throw unknownTenant()
      requireScope(by.viewer, 'manage-keys')
      if (by.viewer.projectId !== null) {
        throw new GatewayError('FORBIDDEN', 'Your key is of one project.', { missingScopes: [] })
      }
      checkAccessInput({ slug, name })
      return withUniqueSlug(() =>
        prisma.$transaction(async (transaction) => {
          const tenant = await transaction.tenant.findUnique({ where: { id: tenantId } })
          if (!tenant) throw unknownTenant()
          const id = randomUUIDv7()
          const project = await transaction.project.create({ data: { id, tenantId, slug, name } })
          await audit(transaction, {
            tenantId,
            by,
            action: 'createProject',
            target: `Project:${id}`,
            before: null,
            after: { slug, name },
          })
          return project
        }),
      )
    },
  }
}

const unknownTenant = () => new GatewayError('NOT_FOUND', 'There is no such tenant.')
