import type { AlertSighting } from '#domain/alert-sighting.ts'
import { type BudgetNotice, mergedNotice } from '#domain/budget-notice.ts'
import { type CostSum, costSumKey, costSumsOf, mergedCostSum } from '#domain/cost-drift.ts'
import { createAlertWatch } from '#events/alert-watch.ts'
import { createGatherer } from '#events/gatherer.ts'
import type { PostgresBus } from '#events/postgres-bus.ts'
import type { CallObserver } from '#gateway/ports.ts'
import { startSchedule } from '#jobs/schedule.ts'
import { systemClock as clock } from '#jobs/system-clock.ts'
import { recordSightings, rejectedProviders } from '#store/alert-desk.ts'
import { keepAlerts } from '#store/alert-upkeep.ts'
import { tellBudgets } from '#store/budget-notices.ts'
import { openConnection } from '#store/connection.ts'
import { addCostDrift } from '#store/cost-drift.ts'
import type { AllowanceWatcher } from '#store/record-writer.ts'
import type { Log } from '#telemetry/logger.ts'
import type { Providers } from './open-providers.ts'

export interface Alerts {
  /** Is told of budgets and quotas in use. */
  readonly allowancesChanged: AllowanceWatcher['changed']
  /** Is told of calls. */
  readonly observer: Partial<CallObserver>
  close(): Promise<void>
}

const noticeMs = 1000
const driftMs = 5000
const upkeepMs = 15_000

/** Opens what people are told of without having asked: alerts, and budgets that change. Nothing waits for it. */
export function openAlerts({
  databaseUrl,
  bus,
  providers,
  log,
}: {
  databaseUrl: string
  bus: PostgresBus
  providers: Pick<Providers, 'kindOf' | 'priceAt'>
  log: Log
}): Alerts {
  // What is raised while calls run, and what takes its time.
  const desk = openConnection(databaseUrl, { name: 'orchestrator alerts' })
  const upkeep = openConnection(databaseUrl, { name: 'orchestrator alert upkeep' })
  const watch = createAlertWatch({
    desk: {
      record: (sightings: readonly AlertSighting[]) => recordSightings(desk, sightings),
      rejectedProviders: () => rejectedProviders(upkeep),
    },
    clock,
    log,
  })
  bus.on('alert', { heard: watch.outdated, resumed: watch.outdated })
  const budgets = createGatherer<BudgetNotice>({
    clock,
    everyMs: noticeMs,
    merge: mergedNotice,
    write: (notices) => tellBudgets(desk, notices),
    failed: (err) => log.warn({ err }, 'changes of budgets are not told now'),
  })
  const drift = createGatherer<CostSum>({
    clock,
    everyMs: driftMs,
    merge: mergedCostSum,
    write: (sums) => addCostDrift(desk, sums),
    failed: (err, leftOut) => log.warn({ err, leftOut }, 'the drift of costs is not kept now'),
  })
  const isPriced = (name: string) => {
    const colon = name.indexOf(':')
    const [providerName, model] = [name.slice(0, colon), name.slice(colon + 1)]
    return providers.priceAt(providerName, model, clock.epochMs()) !== undefined
  }
  const hasProvider = (name: string) => providers.kindOf(name) !== undefined
  const stopJobs = startSchedule(
    [
      {
        name: 'resolve alerts',
        everyMs: upkeepMs,
        run: () => keepAlerts(upkeep, { isPriced, hasProvider }),
      },
    ],
    {
      clock,
      failed: ({ name }, cause) =>
        log.warn({ err: cause, job: name }, 'a job failed; it will run again'),
    },
  )
  return {
    allowancesChanged(windows) {
      for (const { tenantId, allowanceId, crossed } of windows)
        budgets.put(allowanceId, { tenantId, allowanceId, crossed })
    },
    observer: {
      callEnded(record) {
        watch.callEnded(record)
        for (const sum of costSumsOf(record)) drift.put(costSumKey(sum), sum)
      },
    },
    async close() {
      await stopJobs()
      await Promise.all([watch.close(), budgets.close(), drift.close()])
      await Promise.all([desk.close(), upkeep.close()])
    },
  }
}
