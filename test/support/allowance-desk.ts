import { onTestFinished } from 'vitest'
import type { Viewer } from '#domain/access.ts'
import type { AllowanceSource } from '#graphql/allowance-source.ts'
import { createAllowanceReads } from '#store/allowance-reads.ts'
import { createAllowanceChanges } from '#store/allowances.ts'
import { createPrisma } from '#store/prisma.ts'
import { post, startGraphqlServer } from './graphql-server.ts'

/** The product's budgets and quotas on a test's database, with `openai` as the only provider. */
export function openAllowances(databaseUrl: string): AllowanceSource {
  const prisma = createPrisma(databaseUrl)
  onTestFinished(() => prisma.$disconnect())
  const hasProvider = (name: string) => name === 'openai'
  return { ...createAllowanceReads(prisma), ...createAllowanceChanges({ prisma, hasProvider }) }
}

/** Asks over GraphQL. @throws {Error} With the top-level errors, if there are any. */
export type Ask = <Data>(query: string, variables?: object) => Promise<Data>

/** Asks as somebody, over HTTP, of a server on a test's database. */
export async function openDesk(databaseUrl: string, viewer: Viewer): Promise<Ask> {
  const prisma = createPrisma(databaseUrl)
  const allowances = openAllowances(databaseUrl)
  const server = await startGraphqlServer({ viewer, services: { allowances, prisma } })
  onTestFinished(async () => {
    await server.close()
    await prisma.$disconnect()
  })
  return async <Data>(query: string, variables: object = {}) => {
    const { json } = await post(server.url, { query, variables })
    const cause = server.logged.at(-1)?.fields['err']
    if (json.errors) throw new Error(JSON.stringify(json.errors), { cause })
    return json.data as Data
  }
}
