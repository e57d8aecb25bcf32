import type { Viewer } from '#domain/access.ts'

/** Prisma's `where` for what people manage: of the viewer's tenant, or of all for those who run the installation. */
export function within({ tenantId, runsInstallation }: Viewer): { readonly tenantId?: string } {
  return runsInstallation ? {} : { tenantId }
}

/** The same for tenants themselves. */
export function tenantsWithin({ tenantId, runsInstallation }: Viewer): { readonly id?: string } {
  return runsInstallation ? {} : { id: tenantId }
}
