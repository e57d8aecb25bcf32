import type { Load } from '#domain/load-shedding.ts'
import { createLiveMetrics, type LiveMetricsFeed } from '#events/live-metrics.ts'
import { tellAll } from '#events/observers.ts'
import { createRequestTail, type RequestTail } from '#events/request-tail.ts'
import type { CallObserver } from '#gateway/ports.ts'
import { systemClock as clock } from '#jobs/system-clock.ts'
import { createCallLog } from '#telemetry/call-log.ts'
import type { Log } from '#telemetry/logger.ts'
import { createMetrics, type Metrics } from '#telemetry/metrics.ts'
import { createRequestStatistics, type RequestStatistics } from '#telemetry/request-statistics.ts'
import type { Health } from './open-health.ts'
import type { Providers } from './open-providers.ts'

export interface Live {
  readonly liveMetrics: LiveMetricsFeed
  readonly tail: RequestTail
  readonly metrics: Metrics
  readonly statistics: RequestStatistics
  /** Tells all of these of every call. */
  readonly observer: CallObserver
  close(): void
}

/** Opens everything that watches calls as they happen. */
export function openLive({
  version,
  providers,
  health,
  log,
  tenantsWithRealTraffic,
  alerts,
  load,
}: {
  version: string
  providers: Providers
  health: Pick<Health, 'monitor' | 'observer'>
  log: Log
  tenantsWithRealTraffic: readonly string[]
  alerts: Partial<CallObserver>
  load: () => Load
}): Live {
  const { catalogue, all, kindOf } = providers
  const metrics = createMetrics({
    version,
    load,
    providers: () =>
      all().map((each) => {
        const { name } = each.config
        const { circuit } = health.monitor.healthOf(name, '')
        return { name, up: catalogue.reachable(each), circuit: circuit.state }
      }),
  })
  const liveMetrics = createLiveMetrics({
    clock,
    providers: () =>
      all().map(({ config: { name, kind } }) => ({ name, simulated: kind === 'SIMULATOR' })),
    healthOf: (name, tenantId) => health.monitor.healthOf(name, tenantId),
    tenantsWithRealTraffic,
  })
  providers.onMalformed((seen) => {
    metrics.malformedEvents(seen)
    log.debug({ event: 'malformed_events', ...seen }, 'malformed_events')
  })
  const tail = createRequestTail(clock)
  const statistics = createRequestStatistics()
  const chatCalls: Partial<CallObserver> = {
    attemptStarted({ surface }, { providerName }) {
      if (surface === 'OPENAI_CHAT' && kindOf(providerName)) statistics.providerCalled(providerName)
    },
  }
  return {
    liveMetrics,
    tail,
    metrics,
    statistics,
    observer: tellAll([
      liveMetrics.observer,
      health.monitor,
      health.observer,
      tail,
      metrics,
      alerts,
      createCallLog(log, kindOf),
      chatCalls,
    ]),
    close: () => liveMetrics.stop(),
  }
}
