import { PrismaPg } from '@prisma/adapter-pg'
import { PrismaClient } from '#generated/prisma/client.ts'

/** Prisma over `pg`, for what people look at and change; nothing connects before the first query. */
export function createPrisma(
  databaseUrl: string,
  { max = 4, timeoutMs = 15_000 } = {},
): PrismaClient {
  const adapter = new PrismaPg({
    connectionString: databaseUrl,
    application_name: 'orchestrator prisma',
    max,
    connectionTimeoutMillis: 5000,
    statement_timeout: timeoutMs,
    lock_timeout: 5000,
    query_timeout: timeoutMs + 2000,
    keepAlive: true,
    allowExitOnIdle: true,
  })
  return new PrismaClient({ adapter })
}
