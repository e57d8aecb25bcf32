import { randomUUIDv7 } from 'node:crypto'
import type { PrismaClient } from '#generated/prisma/client.ts'
import type { Allowance, ScopeKind } from '#domain/allowance.ts'
import {
  type AllowanceDraft,
  type AllowanceEdit,
  draftIssues,
  issue,
  refuseIssues,
} from '#domain/allowance-draft.ts'
import type { Changer } from '#domain/audit.ts'
import { GatewayError } from '#domain/errors.ts'
import { reaches, requireScope } from '#domain/key-grant.ts'
import { auditAllowance, lastChanger } from './allowance-audit.ts'
import { touchWindows } from './allowance-edit.ts'
import { ownedScope, refuseBeyondProject } from './allowance-scope.ts'
import type { Transaction } from './audit.ts'

/** Which budget or quota is to change; an id of the other kind is not found. */
export interface AllowanceKey {
  readonly kind: Allowance['kind']
  readonly id: string
}

/** Changes of budgets and quotas: each in one transaction with the line that says who made it. */
export interface AllowanceChanges {
  /**
   * @returns Its id.
   * @throws {GatewayError} FORBIDDEN, NOT_FOUND for a scope out of reach, INVALID_REQUEST with the fields.
   */
  create(draft: AllowanceDraft, by: Changer): Promise<string>
  /**
   * Calls that run keep what they hold; from the next one on the new rule is in force, on every replica.
   *
   * @throws {GatewayError} As `create`; CONFLICT where `expectedVersion` is not the current one.
   */
  update(
    change: AllowanceKey & { readonly expectedVersion: number; readonly edit: AllowanceEdit },
    by: Changer,
  ): Promise<void>
  /** What was charged under it stays. @throws {GatewayError} FORBIDDEN, NOT_FOUND. */
  remove(key: AllowanceKey, by: Changer): Promise<void>
}

type Row = Omit<Allowance, 'scope'> & {
  readonly scopeKind: ScopeKind
  readonly scopeValue: string
  readonly paused: boolean
  readonly version: number
}

/** Allowances of a tenant are all in every replica's memory. */
const mostOfTenant = 10_000

export function createAllowanceChanges({
  prisma,
  hasProvider,
}: {
  prisma: PrismaClient
  hasProvider: (name: string) => boolean
}): AllowanceChanges {
  /** Locks it, and so keeps anybody from making a window of it meanwhile. */
  const locked = async (tx: Transaction, { id, kind }: AllowanceKey, by: Changer) => {
    const [row] = await tx.$queryRaw<Row[]>`
      select id, tenant_id as "tenantId", kind, name, scope_kind as "scopeKind", scope_value as "scopeValue", unit,
        amount as "limit", period, time_zone as "timeZone", action, thresholds, paused, version
      from allowance where id = ${id}::uuid and kind = ${kind} and deleted_at is null for update`
    if (!row || !reaches(by.viewer, row.tenantId)) {
      throw new GatewayError('NOT_FOUND', `There is no such ${kind.toLowerCase()}.`)
    }
    if (by.viewer.projectId !== null) {
      const scope = { kind: row.scopeKind, value: row.scopeValue }
      const everyProvider = { viewer: by.viewer, hasProvider: () => true }
      refuseBeyondProject(await ownedScope(tx, scope, everyProvider), by.viewer)
    }
    return row
  }

  return {
    async create(draft, by) {
      requireScope(by.viewer, 'manage-budgets')
      refuseIssues(draftIssues(draft))
      const id = randomUUIDv7()
      await prisma.$transaction(async (tx) => {
        const owned = await ownedScope(tx, draft.scope, { viewer: by.viewer, hasProvider })
        refuseBeyondProject(owned, by.viewer)
        const { tenantId, scope } = owned
        await refuseTooMany(tx, tenantId)
        const timeZone = draft.timeZone ?? (await reportingTimeZone(tx, tenantId))
        const { kind, unit, limit, period, action, thresholds } = draft
        const name = draft.name.trim()
        await tx.allowance.create({
          data: {
            id,
            tenantId,
            kind,
            name,
            scopeKind: scope.kind,
            scopeValue: scope.value,
            unit,
            amount: limit,
            period,
            timeZone,
            action,
            thresholds: [...thresholds],
          },
        })
        const after = { ...draft, id, tenantId, name, scope, timeZone, paused: false }
        await auditAllowance(tx, { verb: 'create', by, after })
      })
      return id
    },
    async update({ expectedVersion, edit, ...key }, by) {
      requireScope(by.viewer, 'manage-budgets')
      await prisma.$transaction(async (tx) => {
        const { scopeKind, scopeValue, version, ...row } = await locked(tx, key, by)
        if (version !== expectedVersion) throw conflict(version, await lastChanger(tx, row))
        const before = { ...row, scope: { kind: scopeKind, value: scopeValue } }
        const after = { ...before, ...given(edit) }
        refuseIssues(draftIssues(after))
        await touchWindows(tx, { before, after, version: version + 1 })
        await tx.allowance.update({
          where: { id: key.id },
          data: {
            name: after.name.trim(),
            amount: after.limit,
            action: after.action,
            thresholds: [...after.thresholds],
            timeZone: after.timeZone,
            paused: after.paused,
            version: version + 1,
          },
        })
        await auditAllowance(tx, { verb: 'update', by, before, after })
      })
    },
    async remove(key, by) {
      requireScope(by.viewer, 'manage-budgets')
      await prisma.$transaction(async (tx) => {
        const { scopeKind, scopeValue, version, ...row } = await locked(tx, key, by)
        await tx.$executeRaw`
          update allowance set deleted_at = now(), version = ${version + 1} where id = ${key.id}::uuid`
        const before = { ...row, scope: { kind: scopeKind, value: scopeValue } }
        await auditAllowance(tx, { verb: 'delete', by, before })
      })
    },
  }
}

/** Without what stays as it is. */
function given(edit: AllowanceEdit): Partial<Row> {
  return Object.fromEntries(Object.entries(edit).filter(([, value]) => value !== undefined))
}

function conflict(currentVersion: number, by: string | null): GatewayError {
  return new GatewayError(
    'CONFLICT',
    `${by ?? 'Somebody else'} has changed it since you looked: look again, and change it then.`,
    { currentVersion },
  )
}

async function refuseTooMany(tx: Transaction, tenantId: string): Promise<void> {
  const count = await tx.allowance.count({ where: { tenantId, deletedAt: null } })
  if (count < mostOfTenant) return
  refuseIssues([
    issue('scope', `belongs to a tenant that has ${mostOfTenant} budgets and quotas already`),
  ])
}

async function reportingTimeZone(tx: Transaction, id: string): Promise<string> {
  const select = { reportingTimeZone: true }
  return (await tx.tenant.findUniqueOrThrow({ where: { id }, select })).reportingTimeZone
}
