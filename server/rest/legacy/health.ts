import { writeJson } from '#http/answer.ts'
import type { RequestHandler } from '#http/request-context.ts'
import { type LoadedProvider, type LoadedProviders, sortedNames } from './loaded-provider.ts'
import type { ServerFacts } from './root.ts'
import { createServiceCheck, type ServiceCheck, type ServiceCheckOptions } from './service-check.ts'
import { uptimeSeconds } from './uptime.ts'

export interface HealthOptions extends Pick<ServiceCheckOptions, 'fetch' | 'now'> {
  readonly facts: ServerFacts
  readonly providers: LoadedProviders
  /** Whether somebody has configured the service: it then counts from the start, else once it has been seen up. */
  readonly usesOllama: () => boolean
  readonly usesAgentRunner: () => boolean
  /** Why the latest configuration could not be taken over; null when the one in force is the latest. */
  readonly configProblem: () => string | null
}

/** Checks of Ollama servers that are remembered; those of providers long gone are forgotten. */
const maxChecks = 100

/**
 * `GET /health`: always 200. `ok` is that of the services that are in use: an installation without Ollama or without
 * an agent runner is not degraded for the lack of them.
 */
export function health(options: HealthOptions): RequestHandler {
  const { facts, providers, usesOllama, usesAgentRunner, configProblem, ...checking } = options
  const agent = createServiceCheck(`${facts.agentRunnerUrl}/`, { ...checking, accepts: saysOk })
  const ollamas = new Map<string, ServiceCheck>()
  const ollamaAt = (base: string) => {
    let check = ollamas.get(base)
    if (!check) {
      if (ollamas.size >= maxChecks) ollamas.clear()
      check = createServiceCheck(`${base}/api/tags`, checking)
      ollamas.set(base, check)
    }
    return check
  }

  return async (_request, response, { viewer }) => {
    const trusted = viewer.scopes.size > 0
    const loaded = providers()
    const ollama = ollamaAt(facts.ollamaBase)
    const [ollamaState, agentState, statuses] = await Promise.all([
      ollama.state(),
      agent.state(),
      Promise.all(loaded.map((provider) => providerStatus(provider, { ollamaAt, trusted }))),
    ])
    const ollamaFine = ollamaState.ok || !(usesOllama() || ollama.seenUp)
    const agentFine = agentState.ok || !(usesAgentRunner() || agent.seenUp)
    const ok = ollamaFine && agentFine
    const problem = configProblem()
    writeJson(response, {
      status: ok ? 'healthy' : 'degraded',
      ok,
      timestamp: Math.floor(Date.now() / 1000),
      uptime_s: uptimeSeconds(facts.startedAt),
      services: {
        router: { ok: true, version: facts.version },
        ollama: {
          ok: ollamaState.ok,
          base_url: trusted ? facts.ollamaBase : '',
          response_time_ms: ollamaState.responseTimeMs,
        },
        agent_runner: {
          ok: agentState.ok,
          url: trusted ? facts.agentRunnerUrl : '',
          response_time_ms: agentState.responseTimeMs,
        },
      },
      providers: {
        count: loaded.length,
        loaded: sortedNames(loaded),
        status: Object.fromEntries(
          loaded.map(({ config }, index) => [config.name, statuses[index]]),
        ),
      },
      config: { ok: problem === null, problem: trusted ? problem : null },
    })
  }
}

async function providerStatus(
  { config, hasApiKey, reachable }: LoadedProvider,
  { ollamaAt, trusted }: { ollamaAt: (base: string) => ServiceCheck; trusted: boolean },
): Promise<Readonly<Record<string, unknown>>> {
  if (config.kind === 'OLLAMA') {
    const { ok, responseTimeMs } = await ollamaAt(config.baseUrl).state()
    return { reachable: ok, type: 'ollama', response_time_ms: responseTimeMs }
  }
  const told = trusted && { base_url: config.baseUrl, has_api_key: hasApiKey }
  return { reachable, type: 'openai_compat', ...told }
}

function saysOk(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'ok' in body && body.ok === true
}
