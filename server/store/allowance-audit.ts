import type { Prisma } from '#generated/prisma/client.ts'
import type { Allowance } from '#domain/allowance.ts'
import type { Changer } from '#domain/audit.ts'
import { busChannel, busMessage } from '#domain/bus-topic.ts'
import { audit, type Transaction } from './audit.ts'

type Rule = Allowance & { readonly paused: boolean }

const nouns = { BUDGET: 'Budget', QUOTA: 'Quota' } as const

/** Writes down who made a change, and tells all replicas when it stands. At least one of both rules is given. */
export async function auditAllowance(
  transaction: Transaction,
  {
    verb,
    by,
    before,
    after,
  }: { verb: 'create' | 'update' | 'delete'; by: Changer; before?: Rule; after?: Rule },
): Promise<void> {
  const of = after ?? before
  if (!of) throw new TypeError('a change of nothing')
  const noun = nouns[of.kind]
  await audit(transaction, {
    tenantId: of.tenantId,
    by,
    action: `${verb}${noun}`,
    target: `${noun}:${of.id}`,
    before: before ? shown(before) : null,
    after: after ? shown(after) : null,
  })
  await transaction.$queryRaw`select pg_notify(${busChannel}, ${busMessage('allowance', of.id)})::text`
}

/** Who changed a budget or quota last, by name; null where that is not known. */
export async function lastChanger(
  transaction: Transaction,
  { kind, id, tenantId }: Pick<Allowance, 'kind' | 'id' | 'tenantId'>,
): Promise<string | null> {
  const event = await transaction.auditEvent.findFirst({
    where: { tenantId, target: `${nouns[kind]}:${id}` },
    orderBy: { id: 'desc' },
    select: { actor: true },
  })
  return event && event.actor.replace(/ \([0-9a-f-]{36}\)$/, '')
}

/** Exact, and without what the line says anyway. */
function shown({
  name,
  scope,
  unit,
  limit,
  period,
  timeZone,
  action,
  thresholds,
  paused,
}: Rule): Prisma.InputJsonObject {
  const rule = { name, unit, period, timeZone, action, paused }
  return { ...rule, limit: String(limit), scope: { ...scope }, thresholds: [...thresholds] }
}
