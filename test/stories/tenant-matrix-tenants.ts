import type { AccessRole } from '#domain/access-role.ts'
import { encodeGlobalId } from '#graphql/global-id.ts'

/** Stands in every text of tenant A, and nowhere else. */
export const mark = 'zqmark'

/** What of a tenant is known before any of it is written. */
export interface MatrixTenant {
  /** In its texts. */
  readonly word: string
  readonly tenantId: string
  readonly projectId: string
  readonly budgetId: string
  readonly quotaId: string
  readonly alertId: string
  readonly auditEventId: string
  /** A project and a key whose ids others have in rows of their own, as if they had been smuggled in. */
  readonly known: { readonly projectId: string; readonly keyId: string }
  readonly keys: Readonly<Record<KeyName, string>>
  readonly requestIds: readonly string[]
  readonly endUser: string
  readonly clientIp: string
}

export type KeyName = AccessRole | 'REVOKED' | 'EXPIRED'

export const keyNames: readonly KeyName[] = [
  'ADMIN',
  'OPERATOR',
  'BUDGET_MANAGER',
  'CALLER',
  'VIEWER',
  'REVOKED',
  'EXPIRED',
]

/** When the tenants' calls were made, and the range in which all questions look for them. */
export const hourMs = 3_600_000
export const askedTime = (startMs: number) => ({
  from: new Date(startMs - 3 * hourMs).toISOString(),
  to: new Date(startMs - hourMs).toISOString(),
})
export const callTime = (startMs: number) => startMs - 2 * hourMs

/** @param startMs When the run began, in epoch milliseconds. */
function tenantOf(word: string, { letter, startMs }: { letter: string; startMs: number }) {
  const time = callTime(startMs).toString(16).padStart(12, '0')
  const idWith = (filler: string, serial: number) =>
    `${time.slice(0, 8)}-${time.slice(8)}-7${filler.repeat(3)}-8${filler.repeat(3)}-${filler.repeat(8)}${serial.toString(16).padStart(4, '0')}`
  const id = (serial: number) => idWith(letter, serial)
  // Not of those that tenant-matrix-evidence.ts looks for.
  const knownLetter = String.fromCharCode(
    letter.charCodeAt(0) - 'a'.charCodeAt(0) + '2'.charCodeAt(0),
  )
  return {
    word,
    tenantId: id(1),
    projectId: id(2),
    budgetId: id(3),
    quotaId: id(4),
    alertId: id(5),
    auditEventId: id(6),
    known: {
      projectId: idWith(knownLetter, 1),
      keyId: idWith(knownLetter, 2),
    },
    keys: Object.fromEntries(
      keyNames.map((name, index) => [name, id(16 + index)]),
    ) as MatrixTenant['keys'],
    requestIds: [id(32), id(33), id(34)],
    endUser: `${word} end user`,
    clientIp: `198.51.100.${letter.charCodeAt(0)}`,
  }
}

export const tenantA = (startMs: number): MatrixTenant => tenantOf(mark, { letter: 'a', startMs })
/** Whoever tries to change what is A's. */
export const tenantC = (startMs: number): MatrixTenant =>
  tenantOf('third', { letter: 'f', startMs })
export const tenantB = (startMs: number): MatrixTenant =>
  tenantOf('second', { letter: 'b', startMs })

/** The id of one node of each type that a tenant owns, as clients have it. */
export function nodeIds(tenant: MatrixTenant): Readonly<Record<string, string>> {
  const plain: Readonly<Record<string, string>> = {
    Tenant: tenant.tenantId,
    Project: tenant.projectId,
    ApiKey: tenant.keys.CALLER,
    Budget: tenant.budgetId,
    Quota: tenant.quotaId,
    Alert: tenant.alertId,
    AuditEvent: tenant.auditEventId,
    Request: tenant.requestIds[0] ?? '',
  }
  return Object.fromEntries(
    Object.entries(plain).map(([type, id]) => [type, encodeGlobalId(type, id)]),
  )
}

/** Nodes that are the installation's. */
export const sharedNodeIds: Readonly<Record<string, string>> = {
  Provider: encodeGlobalId('Provider', 'simulator'),
  Model: encodeGlobalId('Model', 'simulator:echo'),
}
