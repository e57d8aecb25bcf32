import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { CallRule } from '#domain/call-rule.ts'
import { mayOverride } from '#domain/routing-policy.ts'
import { sheddingPolicy } from '#domain/load-shedding.ts'
import { createGateway } from '#gateway/complete.ts'
import { createSlotQueue } from '#gateway/slots.ts'
import type { Route } from '#http/route-table.ts'
import { systemClock as clock } from '#jobs/system-clock.ts'
import { openAccess } from '#server/app/open-access.ts'
import { openAlerts } from '#server/app/open-alerts.ts'
import { openConfig } from '#server/app/open-config.ts'
import { openCosts } from '#server/app/open-costs.ts'
import { openDoors } from '#server/app/open-doors.ts'
import { openHealth } from '#server/app/open-health.ts'
import { openLimits } from '#server/app/open-limits.ts'
import { openLive } from '#server/app/open-live.ts'
import { openProviders } from '#server/app/open-providers.ts'
import { type Database, openRecords } from '#server/app/open-records.ts'
import { createLoadMeter } from '#telemetry/load-meter.ts'
import { createAllowanceReads } from '#store/allowance-reads.ts'
import type { Env } from './env.ts'

/** The running product. */
export interface App {
  readonly origin: string
  /** Every path that it answers. */
  readonly routes: readonly Route[]
  /** A command that works as it stands. */
  readonly tryLine: string
  /** Takes no new calls and lets the running ones end, for `graceMs` at most. */
  drain(graceMs: number): Promise<void>
  close(): Promise<void>
}

const noRules: readonly CallRule[] = []

/** Builds every part by hand, innermost first, and lets the world in. */
export async function startApp(env: Env, database: Database): Promise<App> {
  const version = ownVersion()
  const { config, log } = await openConfig(env)
  const providers = openProviders(env, config)
  const access = await openAccess(env, { databaseUrl: database.url, log })
  const { bus } = access
  const databaseUrl = database.url
  const alerts = openAlerts({ databaseUrl, bus, providers, log })
  const { allowancesChanged } = alerts
  const records = await openRecords(env, { database, bus, config, log, allowancesChanged })
  const slots = createSlotQueue(env.ROUTER_MAX_CONCURRENCY, {
    clock,
    maxWaiting: env.ORCHESTRATOR_QUEUE_MAX_WAITING,
    timeoutMs: env.ORCHESTRATOR_QUEUE_TIMEOUT_S * 1000,
  })
  const meter = createLoadMeter({ clock, queue: () => slots.fullness })
  const { load } = meter
  const { prisma } = records
  const health = await openHealth({ databaseUrl, bus, config, env, log, prisma, providers })
  const { states } = health
  const live = openLive({
    version,
    providers,
    health,
    log,
    load,
    alerts: alerts.observer,
    ...records,
  })
  const costs = await openCosts({ databaseUrl, bus, log, alerts, health, providers, records })
  const { limits, close: closeLimits } = openLimits(env, { config, log })
  const gateway = createGateway({
    records: records.records,
    allowances: records.records.allowances,
    standings: createAllowanceReads(records.prisma),
    observer: live.observer,
    routes: providers.routes,
    rights: access.rights,
    routingPolicy: {
      mayOverride: ({ apiKeyId }) => mayOverride(config.active.routingOverrides ?? true, apiKeyId),
    },
    rules: () => config.active.rules ?? noRules,
    limits,
    slots,
    load,
    shedding: sheddingPolicy(env.ORCHESTRATOR_SHED_LAG_MS),
    replies: records.replies,
    states,
    clock,
  })
  access.onCut(gateway.cut)
  const kept = { access, providers, records, costs, health, live }
  const doors = openDoors(env, { version, database, config, log, ...kept, slots, gateway })
  const { port } = await doors.http.listen(env.PORT, env.HOST)
  const stopMeter = meter.start()
  const origin = `http://${/^(0\.0\.0\.0|::)$/.test(env.HOST) ? '127.0.0.1' : env.HOST}:${port}`
  log.info({ origin, version, providers: providers.all().map((each) => each.config.name) }, 'ready')
  return {
    origin,
    routes: doors.routes,
    tryLine: tryLine(origin, { legacy: config.active.legacy, open: doors.open }),
    async drain(graceMs) {
      log.info({ graceMs }, 'draining')
      await doors.drain(graceMs)
    },
    async close() {
      await doors.close()
      await gateway.stop()
      stopMeter()
      live.close()
      closeLimits()
      await costs.close()
      await health.close()
      await alerts.close()
      await access.close()
      await records.close()
      await providers.close()
      log.flush()
    },
  }
}

function ownVersion(): string {
  const file = resolve(import.meta.dirname, '../package.json')
  const { version }: { version: string } = JSON.parse(readFileSync(file, 'utf8'))
  return version
}

function tryLine(origin: string, { legacy, open }: { legacy: boolean; open: boolean }): string {
  const token = open ? '' : ' -H "Authorization: Bearer $ROUTER_AUTH_TOKEN"'
  if (legacy) return `curl -s ${origin}/v1/models${token}`
  const body = '{"model":"simulator:fast","messages":[{"role":"user","content":"Hello"}]}'
  return `curl -s ${origin}/v1/chat/completions${token} -H 'Content-Type: application/json' -d '${body}'`
}
