import type { CurrentConfig } from '#config/current.ts'
import { GatewayError } from '#domain/errors.ts'
import type { HealthTransition } from '#domain/health-transition.ts'
import { createGatherer } from '#events/gatherer.ts'
import { createHealthWatch, type HealthWatch } from '#events/health-watch.ts'
import type { PostgresBus } from '#events/postgres-bus.ts'
import { createProviderControls } from '#events/provider-controls.ts'
import { createHealthMonitor, type HealthMonitor } from '#events/provider-health.ts'
import { createTargetMemory } from '#events/target-memory.ts'
import { createTargetStates, type TargetStates } from '#gateway/target-states.ts'
import type { CallObserver } from '#gateway/ports.ts'
import type { PrismaClient } from '#generated/prisma/client.ts'
import type { HealthSource } from '#graphql/health-source.ts'
import { startSchedule } from '#jobs/schedule.ts'
import { systemClock as clock } from '#jobs/system-clock.ts'
import { openConnection } from '#store/connection.ts'
import { dropOldTransitions, readStates, recordTransitions } from '#store/health-transitions.ts'
import { openReader } from '#store/reader.ts'
import { createStoredControls, refuseOthers } from '#store/provider-controls.ts'
import { forgetTargets, readTargets, writeTargets } from '#store/target-shelf.ts'
import type { Log } from '#telemetry/logger.ts'
import type { Env } from '#server/env.ts'
import { openChecks } from './open-checks.ts'
import type { Providers } from './open-providers.ts'

export interface Health {
  /** What calls learn of targets, and are told of them. */
  readonly states: TargetStates
  readonly monitor: HealthMonitor
  readonly watch: HealthWatch
  readonly source: HealthSource
  /** Is told of calls. */
  readonly observer: Partial<CallObserver>
  close(): Promise<void>
}

const everyMs = 1000
const unheardMs = 5000
const dayMs = 24 * 60 * 60 * 1000

/** Opens what is known of providers, over restarts and replicas; what was kept is in force when it resolves. */
export async function openHealth({
  databaseUrl,
  bus,
  config,
  env,
  log,
  prisma,
  providers,
}: {
  databaseUrl: string
  bus: PostgresBus
  config: CurrentConfig
  env: Pick<Env, 'stated'>
  log: Log
  prisma: PrismaClient
  providers: Pick<Providers, 'all' | 'catalogue' | 'find' | 'kindOf' | 'onListed'>
}): Promise<Health> {
  // What is written while calls run, and what people wait for.
  const desk = openConnection(databaseUrl, { name: 'orchestrator health' })
  const reader = openReader(databaseUrl, { max: 2 })
  const isSimulated = (name: string) => providers.kindOf(name) === 'SIMULATOR'
  const memory = createTargetMemory({
    shelf: {
      read: () => readTargets(reader),
      write: (changes) => writeTargets(desk, changes, isSimulated),
    },
    clock,
    log,
  })
  const states = createTargetStates(memory)
  const stored = createStoredControls(prisma)
  const controls = createProviderControls({
    read: stored.read,
    states,
    reset: memory.reset,
    applied: (name) => watch.outdated(name),
  })
  const monitor = createHealthMonitor(clock, {
    standings: memory.standings,
    controlOf: controls.of,
  })
  const watch = createHealthWatch({
    clock,
    providers: () =>
      providers.all().map(({ config: { name } }) => ({ name, simulated: isSimulated(name) })),
    healthOf: (name) => monitor.healthOf(name, ''),
  })
  memory.watch(states)
  states.onChange(({ providerName }) => watch.outdated(providerName))
  await Promise.all([memory.load(), controls.load()])

  const transitions = createGatherer<readonly HealthTransition[]>({
    clock,
    everyMs,
    merge: (earlier, later) => [...earlier, ...later],
    write: (some) => recordTransitions(desk, some.flat()),
    failed: (err) => log.warn({ err }, 'the health of providers is not written down now'),
  })
  watch.onChange((transition) => transitions.put(transition.providerName, [transition]))

  const checks = openChecks({
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
  })
  const reread = () =>
    void Promise.all([memory.load(), controls.load()]).catch((err: unknown) =>
      log.warn({ err }, 'the health of providers cannot be read again now'),
    )
  const stopHearing = bus.on('health', {
    heard(payload) {
      if (payload === 'control' || payload === 'target') reread()
    },
    resumed: reread,
  })
  const stopJobs = startSchedule(
    [
      {
        name: 'read the health of providers',
        everyMs: unheardMs,
        run: async () => {
          if (!bus.listening) await Promise.all([memory.load(), controls.load()])
        },
      },
      {
        name: 'forget the health of providers',
        everyMs: dayMs,
        run: async () => {
          await dropOldTransitions(desk)
          await forgetTargets(desk)
        },
      },
    ],
    {
      clock,
      failed: ({ name }, cause) =>
        log.warn({ err: cause, job: name }, 'a job failed; it will run again'),
    },
  )
  return {
    states,
    monitor,
    watch,
    source: {
      healthOf: monitor.healthOf,
      limitsOf: (name) =>
        states
          .ofProvider(name)
          .flatMap(({ told }) => told ?? [])
          .toSorted((one, other) => other.at - one.at)[0],
      statesOf: (name, range) => readStates(reader, name, range),
      async setOverride(name, decided, by) {
        await stored.setOverride(name, decided, by)
        await controls.load()
      },
      async resetCircuit(name, by) {
        await stored.reset(name, by)
        await controls.load()
      },
      async test(name, by) {
        refuseOthers(by)
        const adapter = providers.find(name)
        if (!adapter) throw new GatewayError('NOT_FOUND', 'There is no such provider.')
        return checks.check(adapter)
      },
    },
    observer: {
      callEnded({ attempts }) {
        for (const { error, providerName } of attempts) if (error) watch.outdated(providerName)
      },
    },
    async close() {
      stopHearing()
      watch.stop()
      monitor.stop()
      await Promise.all([checks.close(), stopJobs()])
      await Promise.all([memory.close(), transitions.close()])
      await Promise.all([desk.close(), reader.close()])
    },
  }
}
