import { createGatewayEvents, type GatewayEvents } from '#events/gateway-events.ts'
import type { PostgresBus } from '#events/postgres-bus.ts'
import type { CostSource } from '#graphql/cost-source.ts'
import { startSchedule } from '#jobs/schedule.ts'
import { systemClock as clock } from '#jobs/system-clock.ts'
import { acknowledgeAlert } from '#store/alert-changes.ts'
import { readCostDrift } from '#store/cost-drift.ts'
import { alertCrossings } from '#store/crossing-alerts.ts'
import { createModelPrices } from '#store/model-prices.ts'
import { recalculate } from '#store/recalculation.ts'
import type { Log } from '#telemetry/logger.ts'
import type { Alerts } from './open-alerts.ts'
import type { Health } from './open-health.ts'
import type { Providers } from './open-providers.ts'
import type { Records } from './open-records.ts'

export interface Costs {
  readonly source: CostSource
  readonly events: GatewayEvents
  close(): Promise<void>
}

const driftDays = 30
const unheardMs = 5000

/** Opens prices, what calls are priced at, and the events that people subscribe to; prices are in force when it resolves. */
export async function openCosts({
  databaseUrl,
  bus,
  log,
  alerts: { allowancesChanged },
  health,
  providers: { priceAt, prices, source },
  records: { prisma, records },
}: {
  databaseUrl: string
  bus: PostgresBus
  log: Log
  alerts: Pick<Alerts, 'allowancesChanged'>
  health: Pick<Health, 'watch'>
  providers: Pick<Providers, 'priceAt' | 'prices' | 'source'>
  records: Pick<Records, 'prisma' | 'records'>
}): Promise<Costs> {
  const stored = createModelPrices({
    prisma,
    hasProvider: (name) => source.find(name) !== undefined,
    now: () => clock.epochMs(),
  })
  const load = async () => prices.override('API', await stored.current())
  await load()
  const reload = () =>
    void load().catch((err: unknown) => log.warn({ err }, 'prices cannot be read again now'))
  const stopHearing = bus.on('price', { heard: reload, resumed: reload })
  const run = async () => {
    if (!bus.listening) await load()
  }
  const stopJobs = startSchedule([{ name: 'read prices', everyMs: unheardMs, run }], {
    clock,
    failed: (_job, err) => log.warn({ err }, 'prices cannot be read again now'),
  })
  const events = createGatewayEvents({
    bus,
    clock,
    health: health.watch,
  })
  const watcher = { crossed: alertCrossings(records.allowances), changed: allowancesChanged }
  return {
    events,
    source: {
      acknowledgeAlert: (id, by) => acknowledgeAlert(prisma, { id, by }),
      setPrice: stored.set,
      removePrice: stored.remove,
      priceHistory: stored.history,
      recalculate: (asked, by) =>
        recalculate(asked, { databaseUrl, prisma, by, priceOf: priceAt, watcher }),
      drift: (tenantId) => readCostDrift(prisma, { tenantId, days: driftDays }),
    },
    async close() {
      stopHearing()
      events.stop()
      await stopJobs()
    },
  }
}
