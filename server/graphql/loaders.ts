import DataLoader from 'dataloader'
import type { ApiKey, Attempt, Tenant } from '#generated/prisma/client.ts'
import type { Viewer } from '#domain/access.ts'
import { type AllowanceLoaders, createAllowanceLoaders } from './allowance-loaders.ts'
import type { Services } from './context.ts'

/** What a page of rows asks for one by one and gets by one statement each. All of the viewer's tenant. */
export interface Loaders {
  attempts(requestId: string): Promise<readonly Attempt[]>
  apiKey(id: string): Promise<ApiKey | null>
  /** The viewer's own tenant. */
  tenant(): Promise<Tenant>
  readonly allowances: AllowanceLoaders
}

export function createLoaders(
  { prisma, allowances }: Pick<Services, 'prisma' | 'allowances'>,
  viewer: Viewer,
): Loaders {
  const { tenantId } = viewer
  let attempts: DataLoader<string, readonly Attempt[]> | undefined
  let apiKeys: DataLoader<string, ApiKey | null> | undefined
  let tenant: Promise<Tenant> | undefined
  return {
    allowances: createAllowanceLoaders(allowances, viewer),
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
    tenant() {
      tenant ??= prisma.tenant.findUniqueOrThrow({ where: { id: tenantId } })
      return tenant
    },
  }
}
