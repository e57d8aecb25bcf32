import type { Viewer } from '#domain/access.ts'
import type { HealthState } from '#domain/health-score.ts'
import type { CircuitState } from '#domain/provider-circuit.ts'
import type { CallObserver, Clock } from '#gateway/ports.ts'
import { createTopic } from './hub.ts'
import type { LiveMetrics } from './live-figures.ts'
import { type LiveScope, scopeKey } from './live-scope.ts'
import { OpenCalls, type ProviderLoad } from './open-calls.ts'
import { Scoreboard } from './scoreboard.ts'
import type { Subscription } from './subscription.ts'
import { withFirst } from './with-first.ts'

export interface LiveMetricsOptions {
  readonly clock: Clock
  /** The providers that there are now. */
  readonly providers: () => readonly { readonly name: string; readonly simulated: boolean }[]
  readonly healthOf: (
    providerName: string,
    tenantId: string,
  ) => { readonly state: HealthState; readonly circuit: { readonly state: CircuitState } }
  /** Tenants that are known to have had real traffic, before this process began. */
  readonly tenantsWithRealTraffic?: Iterable<string>
}

export interface LiveMetricsWish {
  readonly viewer: Viewer
  readonly scope: LiveScope
  /** Null: real figures where the tenant ever had real traffic, else simulated ones. */
  readonly simulated: boolean | null
}

export interface LiveMetricsFeed {
  readonly observer: CallObserver
  /** The figures now, then once a second; a slow reader gets the latest. @throws {GatewayError} FORBIDDEN. */
  subscribe(wish: LiveMetricsWish): Subscription<LiveMetrics>
  /** What a provider has to do now, over all tenants. */
  loadOf(providerName: string): ProviderLoad
  /** Ends the subscriptions of those viewers. */
  readonly revoke: ReturnType<typeof createTopic<ScopedMetrics>>['revoke']
  stop(): void
}

interface ScopedMetrics {
  readonly key: string
  /** The scope's real and simulated figures, and which of them are shown to whoever does not say. */
  readonly real: LiveMetrics
  readonly simulated: LiveMetrics
  readonly preferred: LiveMetrics
}

const tickMs = 1000
/** How long a scope that nobody watches is still counted. */
const forgetAfterTicks = 60

/** Counts calls as they happen, and says once a second how things are. */
export function createLiveMetrics(options: LiveMetricsOptions): LiveMetricsFeed {
  const { clock, healthOf, providers } = options
  const open = new OpenCalls()
  const topic = createTopic<ScopedMetrics>({ overflow: 'LATEST', capacity: 1 }, clock)
  const boards = new Map<string, Map<string, Scoreboard>>()
  const hadReal = new Set(options.tenantsWithRealTraffic)
  const isSimulated = (name: string) =>
    providers().some((provider) => provider.name === name && provider.simulated)
  let tickedAt = clock.now()

  const boardsOf = (tenantId: string): Map<string, Scoreboard> => {
    const known = boards.get(tenantId)
    if (known) return known
    const whole: LiveScope = { tenantId, kind: 'TENANT', value: '' }
    const own = new Map([[scopeKey(whole), new Scoreboard(whole)]])
    boards.set(tenantId, own)
    return own
  }

  const boardOf = (scope: LiveScope): Scoreboard => {
    const own = boardsOf(scope.tenantId)
    const key = scopeKey(scope)
    const board = own.get(key) ?? new Scoreboard(scope)
    own.set(key, board)
    return board
  }

  const snapshot = (board: Scoreboard, elapsedMs: number): ScopedMetrics => {
    const { scope } = board
    const names = { real: new Set<string>(), simulated: new Set<string>() }
    for (const { name, simulated } of providers()) names[simulated ? 'simulated' : 'real'].add(name)
    const running = open.countIn(scope, isSimulated)
    const figures = (simulated: boolean) =>
      board.figures({
        simulated,
        elapsedMs,
        at: clock.epochMs(),
        names: names[simulated ? 'simulated' : 'real'],
        running: running[simulated ? 'simulated' : 'real'],
        healthOf(name) {
          const { state: health, circuit } = healthOf(name, scope.tenantId)
          return { health, circuit: circuit.state }
        },
      })
    const real = figures(false)
    const simulated = figures(true)
    return {
      key: scopeKey(scope),
      real,
      simulated,
      preferred: hadReal.has(scope.tenantId) ? real : simulated,
    }
  }

  const stop = clock.every(tickMs, () => {
    const elapsedMs = Math.max(1, clock.now() - tickedAt)
    tickedAt = clock.now()
    for (const [tenantId, own] of boards) {
      for (const [key, board] of own) {
        board.advance()
        if (board.watchers > 0) topic.publish(tenantId, snapshot(board, elapsedMs))
        else if (board.scope.kind !== 'TENANT' && ++board.idleTicks > forgetAfterTicks)
          own.delete(key)
      }
    }
  })

  return {
    observer: {
      callStarted: (call) => open.started(call),
      callQueued: (call, providerName) => open.queued(call.id, providerName),
      attemptStarted: (call, attempt) => open.attempted(call.id, attempt),
      callEnded(record) {
        open.ended(record.id)
        if (!record.simulated && record.attempts.length > 0) hadReal.add(record.tenantId)
        for (const board of boardsOf(record.tenantId).values()) board.count(record)
      },
    },
    subscribe({ viewer, scope, simulated }) {
      const key = scopeKey(scope)
      const inner = topic.subscribe({
        tenantId: scope.tenantId,
        viewer,
        accepts: (metrics) => metrics.key === key,
      })
      const board = boardOf(scope)
      board.watchers++
      board.idleTicks = 0
      const chosen = (metrics: ScopedMetrics) =>
        simulated === null ? metrics.preferred : simulated ? metrics.simulated : metrics.real
      return withFirst(inner, {
        first: chosen(snapshot(board, Math.max(tickMs, clock.now() - tickedAt))),
        chosen,
        onEnd: () => board.watchers--,
      })
    },
    loadOf: (providerName) => open.loadOf(providerName),
    revoke: topic.revoke,
    stop,
  }
}
