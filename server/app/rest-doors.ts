import { reloadOrRefuse } from '#config/reload.ts'
import { allowsModel } from '#domain/model-pattern.ts'
import type { SlotQueue } from '#gateway/slots.ts'
import type { Route } from '#http/route-table.ts'
import { systemClock as clock } from '#jobs/system-clock.ts'
import { restRoutes } from '#rest/routes.ts'
import type { Env } from '#server/env.ts'
import type { House } from './house.ts'
import type { Records } from './open-records.ts'

/** The routes of REST, over the parts of the house. */
export function restDoors(
  env: Env,
  house: House & { authEnabled: boolean; isDraining: () => boolean },
): readonly Route[] {
  const { authEnabled, config, gateway, isDraining, live, providers, records, slots, version } =
    house
  const { catalogue, all } = providers
  return restRoutes({
    gateway,
    isLegacy: () => config.active.legacy,
    maxBodyBytes: env.MAX_REQUEST_BODY_BYTES,
    models: async ({ allowedModels }) => {
      const offered = await catalogue.offered()
      const allowed = offered.filter(({ id, standsFor = [] }) =>
        [id, ...standsFor].some((name) => allowsModel(allowedModels, name)),
      )
      if (config.active.legacy) return allowed
      const models = await catalogue.models()
      const known = new Map(models.map((each) => [`${each.providerName}:${each.id}`, each]))
      return allowed.map(({ id, ownedBy, standsFor: [only = id, ...others] = [] }) => ({
        id,
        ownedBy,
        known: others.length === 0 ? known.get(only) : undefined,
      }))
    },
    health: {
      facts: {
        version,
        startedAt: clock.now(),
        ollamaBase: env.OLLAMA_BASE,
        agentRunnerUrl: env.AGENT_RUNNER_URL,
        providersYaml: env.PROVIDERS_YAML,
        modelsCacheTtlS: env.MODELS_CACHE_TTL_S,
        authEnabled,
        maxConcurrency: slots.max ?? null,
      },
      providers: () =>
        all().map((adapter) => ({
          config: adapter.config,
          hasApiKey: adapter.credential() === 'PRESENT',
          reachable: catalogue.reachable(adapter),
        })),
      usesOllama: () =>
        env.stated.has('OLLAMA_BASE') ||
        (config.active.file !== null && all().some((each) => each.config.kind === 'OLLAMA')),
      usesAgentRunner: () => env.stated.has('AGENT_RUNNER_URL'),
      configProblem: () => config.problem,
    },
    stats: {
      counted: () => live.statistics.snapshot(),
      providerCount: () => all().length,
      modelsCache: () => catalogue.state(),
      concurrency: () => ({ max: slots.max ?? null, available: freeSlots(slots) }),
    },
    configWarnings: () => config.active.warnings,
    reload: () => reloadOrRefuse(config),
    metrics: live.metrics,
    readiness: [{ name: 'database', problem: () => recordsProblem(records) }],
    isDraining,
  })
}

const freeSlots = ({ max, taken }: SlotQueue) => (max === undefined ? null : max - taken)

const recordsProblem = ({ records }: Records) =>
  records.state() === 'full' ? 'nothing can be written' : undefined
