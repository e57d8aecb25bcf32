import { quantile } from '#domain/histogram.ts'
import { RateWindow } from '#domain/rate-window.ts'
import type { AttemptRecord, RequestRecord } from '#domain/request-record.ts'
import type { LiveMetrics, LiveProviderMetrics, LiveRates } from './live-figures.ts'
import { type LiveScope, recordBelongsTo } from './live-scope.ts'
import type { Running } from './open-calls.ts'

/** Percentiles and cost per minute look back so many seconds. */
const seconds = 60

class Side {
  readonly all = new RateWindow(seconds)
  readonly providers = new Map<string, RateWindow>()

  provider(name: string): RateWindow {
    const window = this.providers.get(name) ?? new RateWindow(seconds)
    this.providers.set(name, window)
    return window
  }

  advance(): void {
    this.all.advance()
    for (const [name, window] of this.providers) {
      window.advance()
      if (window.total.requests === 0 && window.total.tokens === 0) this.providers.delete(name)
    }
  }
}

export interface FigureOptions {
  readonly simulated: boolean
  /** How long the last complete second really was. */
  readonly elapsedMs: number
  readonly at: number
  /** Providers that are shown even without traffic. */
  readonly names: ReadonlySet<string>
  readonly running: Running
  readonly healthOf: (providerName: string) => Pick<LiveProviderMetrics, 'health' | 'circuit'>
}

/** The running counts of one scope, real and simulated calls apart. */
export class Scoreboard {
  readonly scope: LiveScope
  /** How many subscriptions look at it. */
  watchers = 0
  idleTicks = 0
  readonly #real = new Side()
  readonly #simulated = new Side()

  constructor(scope: LiveScope) {
    this.scope = scope
  }

  /** Counts a call if it belongs here: once under the provider that answered last, tokens and money where they arose. */
  count(record: RequestRecord): void {
    if (!recordBelongsTo(this.scope, record)) return
    const side = record.simulated ? this.#simulated : this.#real
    const errors = record.status === 'FAILED' || record.status === 'REFUSED' ? 1 : 0
    const latencyMs = record.attempts.length > 0 ? record.latencyMs : null
    side.all.add({ requests: 1, errors, latencyMs })
    if (record.providerName)
      side.provider(record.providerName).add({ requests: 1, errors, latencyMs })
    for (const attempt of record.attempts) {
      if (this.scope.kind === 'PROVIDER' && attempt.providerName !== this.scope.value) continue
      const spent = spentBy(attempt)
      const place = attempt.simulated ? this.#simulated : this.#real
      place.all.add(spent)
      place.provider(attempt.providerName).add(spent)
    }
  }

  /** Ends the current second. */
  advance(): void {
    this.#real.advance()
    this.#simulated.advance()
  }

  figures({ simulated, elapsedMs, at, names, running, healthOf }: FigureOptions): LiveMetrics {
    const side = simulated ? this.#simulated : this.#real
    const { kind, value } = this.scope
    const shown = new Set([...names, ...side.providers.keys(), ...running.byProvider.keys()])
    return {
      at,
      simulated,
      ...rates(side.all, { elapsedMs, inFlight: running.inFlight }),
      queued: running.queued,
      providers: [...shown]
        .filter((name) => kind !== 'PROVIDER' || name === value)
        .map((name) => ({
          name,
          ...rates(side.providers.get(name) ?? empty, {
            elapsedMs,
            inFlight: running.byProvider.get(name) ?? 0,
          }),
          ...healthOf(name),
        })),
    }
  }
}

const empty = new RateWindow(2)

function spentBy({ usage, cost }: AttemptRecord) {
  return { tokens: usage ? usage.inputTokens + usage.outputTokens : 0, cost: cost?.total ?? 0n }
}

function rates(
  window: RateWindow,
  { elapsedMs, inFlight }: { elapsedMs: number; inFlight: number },
): LiveRates {
  const { last, total } = window
  const perSecond = (count: number) => Math.round((count * 100_000) / elapsedMs) / 100
  return {
    requestsPerSecond: perSecond(last.requests),
    errorsPerSecond: perSecond(last.errors),
    tokensPerSecond: perSecond(last.tokens),
    costPerMinute: total.cost,
    inFlight,
    latencyP50Ms: quantile(total.latency, 0.5),
    latencyP95Ms: quantile(total.latency, 0.95),
  }
}
