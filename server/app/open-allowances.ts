import type { AllowanceSource } from '#graphql/allowance-source.ts'
import { createAllowanceReads } from '#store/allowance-reads.ts'
import { createAllowanceChanges } from '#store/allowances.ts'
import type { Providers } from './open-providers.ts'
import type { Records } from './open-records.ts'

/** Opens budgets and quotas for the people who look at them and change them. */
export function openAllowances(
  { prisma }: Pick<Records, 'prisma'>,
  { source }: Pick<Providers, 'source'>,
): AllowanceSource {
  const hasProvider = (name: string) => source.find(name) !== undefined
  return { ...createAllowanceReads(prisma), ...createAllowanceChanges({ prisma, hasProvider }) }
}
