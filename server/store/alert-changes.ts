import type { PrismaClient } from '#generated/prisma/client.ts'
import type { Changer } from '#domain/audit.ts'
import { busChannel, busMessage } from '#domain/bus-topic.ts'
import { GatewayError } from '#domain/errors.ts'
import { requireScope } from '#domain/key-grant.ts'
import { audit } from './audit.ts'

/**
 * Says that somebody has seen an alert of their tenant; it stays open until its condition is over. Once more changes
 * nothing.
 *
 * @throws {GatewayError} FORBIDDEN; NOT_FOUND.
 */
export async function acknowledgeAlert(
  prisma: PrismaClient,
  { id, by }: { id: string; by: Changer },
): Promise<void> {
  requireScope(by.viewer, 'manage-budgets')
  const { tenantId } = by.viewer
  await prisma.$transaction(async (tx) => {
    await tx.$queryRaw`select from alert where id = ${id}::uuid and tenant_id = ${tenantId}::uuid for update`
    const alert = await tx.alert.findFirst({ where: { id, tenantId } })
    if (!alert) throw new GatewayError('NOT_FOUND', 'There is no such alert.')
    if (alert.acknowledgedAt) return
    await tx.$executeRaw`update alert set acknowledged_at = now() where id = ${id}::uuid`
    const { kind, subject, message } = alert
    await audit(tx, {
      tenantId,
      by,
      action: 'acknowledgeAlert',
      target: `Alert:${id}`,
      before: null,
      after: { kind, subject, message },
    })
    await tx.$queryRaw`select pg_notify(${busChannel}, ${busMessage('alert', `${tenantId}/${id}`)})::text`
  })
}
