import { randomUUIDv7 } from 'node:crypto'
import type { CurrentConfig } from '#config/current.ts'
import type { ProviderKind } from '#domain/config.ts'
import { checkMessage, type ProviderCheck, readCheckMessage } from '#domain/provider-check.ts'
import type { HealthWatch } from '#events/health-watch.ts'
import type { PostgresBus } from '#events/postgres-bus.ts'
import type { HealthMonitor } from '#events/provider-health.ts'
import type { TargetMemory } from '#events/target-memory.ts'
import type { TargetStates } from '#gateway/target-states.ts'
import { createConnectivityTest } from '#jobs/connectivity-test.ts'
import { probeProviders } from '#jobs/probe-providers.ts'
import { startSchedule } from '#jobs/schedule.ts'
import { systemClock as clock } from '#jobs/system-clock.ts'
import type { ProviderAdapter } from '#providers/adapter.ts'
import type { Listing } from '#providers/model-lists.ts'
import type { Connection } from '#store/connection.ts'
import { claimProbes } from '#store/probe-claims.ts'
import { tellReplicas } from '#store/replica-message.ts'
import type { Log } from '#telemetry/logger.ts'
import type { Env } from '#server/env.ts'
import type { Providers } from './open-providers.ts'

export interface Checks {
  /** Asks a provider for its models now; all replicas learn from it. */
  check(adapter: ProviderAdapter): Promise<Listing>
  close(): Promise<void>
}

/**
 * Opens the checks of providers: all at the start and after a change of the configuration, in the background; then those
 * of which calls tell nothing. None of it is for the simulator, for an Ollama that nobody has spoken of, or with a v0.7.2
 * file.
 */
export function openChecks({
  bus,
  config,
  desk,
  env,
  log,
  memory,
  monitor,
  providers,
  states,
  watch,
}: {
  bus: PostgresBus
  config: CurrentConfig
  desk: Connection
  env: Pick<Env, 'stated'>
  log: Log
  memory: TargetMemory
  monitor: HealthMonitor
  providers: Pick<Providers, 'all' | 'catalogue' | 'find' | 'onListed'>
  states: TargetStates
  watch: HealthWatch
}): Checks {
  const replicaId = randomUUIDv7()
  // Nobody has said that there is one.
  const isAssumed = (kind: ProviderKind) =>
    kind === 'OLLAMA' && config.active.file === null && !env.stated.has('OLLAMA_BASE')
  const teaches = ({ config: { kind } }: ProviderAdapter) =>
    !config.active.legacy && kind !== 'SIMULATOR'
  const isChecked = (adapter: ProviderAdapter) =>
    teaches(adapter) && !isAssumed(adapter.config.kind) && adapter.credential() !== 'MISSING'
  const checked = () =>
    providers
      .all()
      .filter(isChecked)
      .map(({ config: { name } }) => name)

  const learn = (told: ProviderCheck) => {
    monitor.checked(told)
    watch.outdated(told.providerName)
  }
  const connectivity = createConnectivityTest({ clock, log })
  connectivity.begin(checked())
  config.onActivated(() => connectivity.begin(checked()))
  providers.onListed((adapter, listing) => {
    if (!isChecked(adapter)) return
    connectivity.answered(adapter.config.name, listing)
    learn(checkOf(adapter, listing))
  })

  const check = async (adapter: ProviderAdapter): Promise<Listing> => {
    const listing = await providers.catalogue.check(adapter)
    if (!teaches(adapter)) return listing
    const told = checkOf(adapter, listing)
    if (!isChecked(adapter)) learn(told)
    memory.checked(told)
    await tellReplicas(desk, 'health', `check/${replicaId}/${checkMessage(told)}`).catch(
      (err: unknown) => log.debug({ err }, 'other replicas are not told of a check'),
    )
    return listing
  }
  const stopHearing = bus.on('health', {
    heard(payload) {
      const [, sender, message = ''] = /^check\/([^/]+)\/(.*)$/s.exec(payload) ?? []
      const told =
        sender === undefined || sender === replicaId ? undefined : readCheckMessage(message)
      if (!told) return
      learn(told)
      memory.checked(told)
    },
    // What was missed is told anew by the next check.
    resumed: () => {},
  })
  const probing = probeProviders({
    candidates: () => checked().filter((name) => states.override(name) !== 'FORCE_DISABLED'),
    standings: memory.standings,
    claim: (asked) => claimProbes(desk, asked),
    async check(name) {
      const adapter = providers.find(name)
      if (adapter) await check(adapter)
    },
    clock,
    chance: Math.random,
  })
  const stopJobs = startSchedule([probing], {
    clock,
    failed: (_job, err) => log.warn({ err }, 'idle providers cannot be checked now'),
  })
  return {
    check,
    async close() {
      stopHearing()
      connectivity.stop()
      await stopJobs()
    },
  }
}

function checkOf(
  { config: { name } }: ProviderAdapter,
  { error, latencyMs }: Listing,
): ProviderCheck {
  const at = clock.epochMs()
  return error
    ? { providerName: name, code: error.code, latencyMs: null, at }
    : { providerName: name, code: null, latencyMs, at }
}
