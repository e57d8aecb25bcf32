import { randomUUIDv7 } from 'node:crypto'
import { GatewayError } from '#domain/errors.ts'
import type { HealthTransition } from '#domain/health-transition.ts'
import { checkMessage, type ProviderCheck, readCheckMessage } from '#domain/provider-check.ts'
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
import type { ProviderAdapter } from '#providers/adapter.ts'
import type { Listing } from '#providers/model-lists.ts'
import { openConnection } from '#store/connection.ts'
import { dropOldTransitions, readStates, recordTransitions } from '#store/health-transitions.ts'
import { createStoredControls, refuseOthers } from '#store/provider-controls.ts'
import { tellReplicas } from '#store/replica-message.ts'
import { forgetTargets, readTargets, writeTargets } from '#store/target-shelf.ts'
import type { Log } from '#telemetry/logger.ts'
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
  log,
  prisma,
  providers,
}: {
  databaseUrl: string
  bus: PostgresBus
  log: Log
  prisma: PrismaClient
  providers: Pick<Providers, 'all' | 'catalogue' | 'find' | 'kindOf' | 'onListed'>
}): Promise<Health> {
  const replicaId = randomUUIDv7()
  // What is written while calls run, and what people wait for.
  const desk = openConnection(databaseUrl, { name: 'orchestrator health' })
  const reader = openConnection(databaseUrl, { name: 'orchestrator health reads' })
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

  const listed = ({ config: { name } }: ProviderAdapter, { error, latencyMs }: Listing) => {
    const code = error?.code ?? null
    const check = { providerName: name, code, latencyMs: error ? null : latencyMs }
    monitor.checked({ ...check, at: clock.epochMs() })
    watch.outdated(name)
  }
  providers.onListed(listed)

  /** Asks a provider, and tells everybody what it said. */
  const check = async (adapter: ProviderAdapter): Promise<Listing> => {
    const listing = await providers.catalogue.check(adapter)
    const { error, latencyMs } = listing
    const told: ProviderCheck = {
      providerName: adapter.config.name,
      code: error?.code ?? null,
      latencyMs: error ? null : latencyMs,
      at: clock.epochMs(),
    }
    memory.checked(told)
    await tellReplicas(desk, 'health', `check/${replicaId}/${checkMessage(told)}`).catch(
      (err: unknown) => log.debug({ err }, 'other replicas are not told of a check'),
    )
    return listing
  }

  const reread = () =>
    void Promise.all([memory.load(), controls.load()]).catch((err: unknown) =>
      log.warn({ err }, 'the health of providers cannot be read again now'),
    )
  const hear = (payload: string) => {
    const [, sender, message = ''] = /^check\/([^/]+)\/(.*)$/s.exec(payload) ?? []
    if (sender === undefined) return reread()
    const told = sender === replicaId ? undefined : readCheckMessage(message)
    if (!told) return
    monitor.checked(told)
    memory.checked(told)
    watch.outdated(told.providerName)
  }
  const stopHearing = bus.on('health', { heard: hear, resumed: reread })
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
        return check(adapter)
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
      await stopJobs()
      await Promise.all([memory.close(), transitions.close()])
      await Promise.all([desk.close(), reader.close()])
    },
  }
}
