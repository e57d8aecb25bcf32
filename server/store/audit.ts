import { randomUUIDv7 } from 'node:crypto'
import { Prisma } from '#generated/prisma/client.ts'
import { actorName, type Changer } from '#domain/audit.ts'

/** Whatever is changed by hand is changed in one of these, together with its row in the audit log. */
export type Transaction = Prisma.TransactionClient

/** One change by hand. Neither state holds a secret or a hash. */
export interface Change {
  readonly tenantId: string
  readonly by: Changer
  /** The contract's word, such as `createApiKey`. */
  readonly action: string
  /** What was changed, such as `ApiKey:<id>`. */
  readonly target: string
  /** Null: there was nothing before. */
  readonly before: Prisma.InputJsonObject | null
  /** Null: there is nothing left. */
  readonly after: Prisma.InputJsonObject | null
}

/** Writes a change down, in the transaction that makes it. */
export async function audit(
  transaction: Transaction,
  { tenantId, by, action, target, before, after }: Change,
): Promise<void> {
  await transaction.auditEvent.create({
    data: {
      id: randomUUIDv7(),
      tenantId,
      actor: actorName(by),
      action,
      target,
      before: before ?? Prisma.DbNull,
      after: after ?? Prisma.DbNull,
      ip: by.ip,
    },
  })
}
