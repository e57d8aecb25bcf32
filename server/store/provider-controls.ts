import type { PrismaClient, ProviderControl as Row } from '#generated/prisma/client.ts'
import { actorName, type Changer } from '#domain/audit.ts'
import { busChannel, busMessage } from '#domain/bus-topic.ts'
import { GatewayError } from '#domain/errors.ts'
import { requireScope } from '#domain/key-grant.ts'
import type { ProviderControl } from '#domain/provider-control.ts'
import type { HealthOverride } from '#domain/target-health.ts'
import { audit, type Transaction } from './audit.ts'

/** What people decide of providers. They are the installation's: so is whoever decides. All replicas hear of it. */
export interface StoredControls {
  read(): Promise<readonly ProviderControl[]>
  /**
   * @param decided.reason Required to disable a provider.
   * @throws {GatewayError} FORBIDDEN for all who do not run the installation; INVALID_REQUEST.
   */
  setOverride(
    providerName: string,
    decided: { override: HealthOverride; reason: string | null },
    by: Changer,
  ): Promise<void>
  /** Closes the circuits of all targets of a provider, and enables those that were disabled by themselves. @throws {GatewayError} FORBIDDEN. */
  reset(providerName: string, by: Changer): Promise<void>
}

const longestReason = 500

export function createStoredControls(prisma: PrismaClient): StoredControls {
  const changing = (
    { providerName, by, action }: { providerName: string; by: Changer; action: string },
    change: (tx: Transaction, before: Row | null) => Promise<Row>,
  ): Promise<void> =>
    prisma.$transaction(async (tx) => {
      await tx.$executeRaw`lock table provider_control in share row exclusive mode`
      const before = await tx.providerControl.findUnique({ where: { providerName } })
      const after = await change(tx, before)
      await audit(tx, {
        tenantId: by.viewer.tenantId,
        by,
        action,
        target: `Provider:${providerName}`,
        before: shown(before),
        after: shown(after),
      })
      await tx.$queryRaw`select pg_notify(${busChannel}, ${busMessage('health', 'control')})::text`
    })

  return {
    async read() {
      const rows = await prisma.providerControl.findMany()
      return rows.map(({ providerName, override, reason, resetAt }) => ({
        providerName,
        override: override as HealthOverride,
        reason,
        resetAt: resetAt?.getTime() ?? null,
      }))
    },
    setOverride(providerName, { override, reason }, by) {
      refuseOthers(by)
      const said = checkedReason(override, reason)
      return changing({ providerName, by, action: 'setProviderOverride' }, (tx) => {
        const decided = { override, reason: said, actor: actorName(by), changedAt: new Date() }
        return tx.providerControl.upsert({
          where: { providerName },
          create: { providerName, ...decided },
          update: decided,
        })
      })
    },
    reset(providerName, by) {
      refuseOthers(by)
      return changing({ providerName, by, action: 'resetCircuit' }, async (tx) => {
        await tx.$executeRaw`delete from target_state where provider_name = ${providerName}`
        const resetAt = new Date()
        return tx.providerControl.upsert({
          where: { providerName },
          create: { providerName, actor: actorName(by), resetAt },
          update: { resetAt },
        })
      })
    },
  }
}

/** @throws {GatewayError} FORBIDDEN for all who do not run the installation: what they do to a provider is done to all tenants. */
export function refuseOthers({ viewer }: Changer): void {
  requireScope(viewer, 'manage-config')
  if (viewer.runsInstallation) return
  const message = 'Only those who run the installation decide about its providers.'
  throw new GatewayError('FORBIDDEN', message, { missingScopes: [] })
}

function checkedReason(override: HealthOverride, reason: string | null): string | null {
  const said = reason?.trim() || null
  if (override === 'FORCE_DISABLED' && said === null)
    throw refused('Say why the provider is disabled: others will want to know.')
  if (said !== null && said.length > longestReason)
    throw refused(`A reason has at most ${longestReason} characters.`)
  return said
}

function refused(message: string): GatewayError {
  return new GatewayError('INVALID_REQUEST', message, { issues: [{ path: ['reason'], message }] })
}

function shown(row: Row | null) {
  return (
    row && {
      override: row.override,
      reason: row.reason,
      resetAt: row.resetAt?.toISOString() ?? null,
    }
  )
}
