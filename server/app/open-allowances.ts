import type { AllowanceSource } from '#graphql/allowance-source.ts'
import { createAllowanceReads } from '#store/allowance-reads.ts'
import { createAllowanceChanges } from '#store/allowances.ts'
import type { Providers } from './open-providers.ts'
import type { Records } from './open-records.ts'

/**
 * Opens budgets and quotas for the people who look at them and change them. A change is in force here when whoever
 * made it is told so; other replicas hear of it.
 */
export function openAllowances(
  { prisma, records }: Pick<Records, 'prisma' | 'records'>,
  { source }: Pick<Providers, 'source'>,
): AllowanceSource {
  const hasProvider = (name: string) => source.find(name) !== undefined
  const { create, update, remove } = createAllowanceChanges({ prisma, hasProvider })
  const inForce = async <Result>(changed: Promise<Result>): Promise<Result> => {
    const result = await changed
    // The change stands, whether it can be read now or only later.
    await records.allowances.reload().catch(() => {})
    return result
  }
  return {
    ...createAllowanceReads(prisma),
    create: (draft, by) => inForce(create(draft, by)),
    update: (change, by) => inForce(update(change, by)),
    remove: (key, by) => inForce(remove(key, by)),
  }
}
