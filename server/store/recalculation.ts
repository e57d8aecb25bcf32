import type { PrismaClient } from '#generated/prisma/client.ts'
import type { Changer } from '#domain/audit.ts'
import { GatewayError } from '#domain/errors.ts'
import { requireScope } from '#domain/key-grant.ts'
import { formatUsd } from '#domain/money.ts'
import type { RequestFilter } from '#domain/request-filter.ts'
import { resolveAlerts } from './alerts.ts'
import { audit } from './audit.ts'
import { openConnection } from './connection.ts'
import { reprice, type Repricing, type RepricingResult } from './repricing.ts'

export interface Recalculation {
  readonly filter: RequestFilter
  readonly onlyUnpriced: boolean
  readonly dryRun: boolean
}

/** A batch of some hundred calls, on a bad day. */
const timeoutMs = 30_000

/**
 * Prices calls of the viewer's tenant again, writes down who did, and resolves the alerts about models that had no price.
 *
 * @throws {GatewayError} FORBIDDEN; INVALID_REQUEST for a filter that makes no sense.
 */
export async function recalculate(
  { filter, onlyUnpriced, dryRun }: Recalculation,
  {
    databaseUrl,
    prisma,
    by,
    ...options
  }: Pick<Repricing, 'priceOf' | 'watcher'> & {
    databaseUrl: string
    prisma: PrismaClient
    by: Changer
  },
): Promise<RepricingResult> {
  requireScope(by.viewer, 'manage-config')
  const { projectId, tenantId } = by.viewer
  if (projectId !== null)
    throw new GatewayError('FORBIDDEN', 'Your key is of one project.', { missingScopes: [] })
  const connection = openConnection(databaseUrl, {
    timeoutMs,
    name: 'orchestrator repricing',
    setup: 'set jit = off',
  })
  try {
    const result = await reprice(connection, { tenantId, filter, onlyUnpriced, dryRun, ...options })
    if (dryRun) return result
    const { affected, before, after, newlyPriced } = result
    await resolveAlerts(connection, { kind: 'UNPRICED_MODEL', subjectKeys: newlyPriced, tenantId })
    await audit(prisma, {
      tenantId,
      by,
      action: 'recalculateCosts',
      target: `Tenant:${tenantId}`,
      before: { cost: formatUsd(before) },
      after: { cost: formatUsd(after), requests: String(affected), onlyUnpriced },
    })
    return result
  } finally {
    await connection.close()
  }
}
