import { createLiveCompletions } from '#gateway/live-completions.ts'
import { systemClock as clock } from '#jobs/system-clock.ts'
import { createApiKeys } from '#store/api-keys.ts'
import { createProjects } from '#store/projects.ts'
import { createTenants } from '#store/tenants.ts'
import type { House } from './house.ts'
import { openAllowances } from './open-allowances.ts'

/** What GraphQL serves from, over the parts of the house. */
export function graphqlServices({
  access,
  config,
  costs,
  database,
  gateway,
  health,
  live,
  providers,
  records,
  version,
}: House) {
  const startedAt = clock.epochMs()
  return {
    gateway,
    rights: access.rights,
    clock,
    live: createLiveCompletions({ gateway, clock }),
    metrics: live.liveMetrics,
    health: health.source,
    tail: live.tail,
    reads: records.reads,
    allowances: openAllowances(records, providers),
    costs: costs.source,
    events: costs.events,
    access: {
      tenants: createTenants(records.prisma),
      projects: createProjects(records.prisma),
      apiKeys: createApiKeys(records.prisma, access.secrets),
    },
    prisma: records.prisma,
    providers: providers.source,
    serverInfo: () => ({
      version,
      nodeVersion: process.versions.node,
      startedAt,
      configVersion: config.active.version,
      embeddedDatabase: database.embedded,
      simulated: providers.kindOf('simulator') !== undefined,
    }),
  }
}
