import DataLoader from 'dataloader'
import type { ApiKey, Attempt, Project, Tenant } from '#generated/prisma/client.ts'
import type { Viewer } from '#domain/access.ts'
import type { CostDrift } from '#domain/cost-drift.ts'
import { type AllowanceLoaders, createAllowanceLoaders } from './allowance-loaders.ts'
import type { Services } from './context.ts'
import { tenantsWithin, within } from './reach.ts'

/** What a page of rows asks for one by one and gets by one statement each, within what the viewer may see. */
export interface Loaders {
  attempts(requestId: string): Promise<readonly Attempt[]>
  apiKey(id: string): Promise<ApiKey | null>
  /** Rejects for a tenant out of reach. */
  tenant(id: string): Promise<Tenant>
  project(id: string): Promise<Project | null>
  readonly allowances: AllowanceLoaders
  /** Of the viewer's tenant, by provider. */
  costDrift(): Promise<ReadonlyMap<string, CostDrift>>
}

export function createLoaders(
  { prisma, allowances, costs }: Pick<Services, 'prisma' | 'allowances' | 'costs'>,
  viewer: Viewer,
): Loaders {
  const { tenantId } = viewer
  let attempts: DataLoader<string, readonly Attempt[]> | undefined
  let apiKeys: DataLoader<string, ApiKey | null> | undefined
  let drift: Promise<ReadonlyMap<string, CostDrift>> | undefined
  let ownTenant: Promise<Tenant> | undefined
  let tenants: DataLoader<string, Tenant> | undefined
  let projects: DataLoader<string, Project | null> | undefined
  return {
    allowances: createAllowanceLoaders(allowances, viewer),
    costDrift() {
      drift ??= costs.drift(tenantId)
      return drift
    },
    attempts(requestId) {
      attempts ??= new DataLoader(async (ids) => {
        const rows = await prisma.attempt.findMany({
          where: { tenantId, requestId: { in: [...ids] } },
          orderBy: { index: 'asc' },
        })
        const byRequest = Map.groupBy(rows, (row) => row.requestId)
        return ids.map((id) => byRequest.get(id) ?? [])
      })
      return attempts.load(requestId)
    },
    apiKey(id) {
      apiKeys ??= new DataLoader(async (ids) => {
        const rows = await prisma.apiKey.findMany({ where: { tenantId, id: { in: [...ids] } } })
        const byId = new Map(rows.map((row) => [row.id, row]))
        return ids.map((each) => byId.get(each) ?? null)
      })
      return apiKeys.load(id)
    },
    tenant(id) {
      if (id === tenantId) {
        ownTenant ??= prisma.tenant.findUniqueOrThrow({ where: { id } })
        return ownTenant
      }
      tenants ??= new DataLoader(async (ids) => {
        const where = { AND: [tenantsWithin(viewer), { id: { in: [...ids] } }] }
        const byId = new Map((await prisma.tenant.findMany({ where })).map((row) => [row.id, row]))
        return ids.map((each) => byId.get(each) ?? new Error(`tenant ${each} is out of reach`))
      })
      return tenants.load(id)
    },
    project(id) {
      projects ??= new DataLoader(async (ids) => {
        const where = { ...within(viewer), id: { in: [...ids] } }
        const byId = new Map((await prisma.project.findMany({ where })).map((row) => [row.id, row]))
        return ids.map((each) => byId.get(each) ?? null)
      })
      return projects.load(id)
    },
  }
}
