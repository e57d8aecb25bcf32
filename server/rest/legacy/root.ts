import type { IncomingHttpHeaders } from 'node:http'
import { basename } from 'node:path'
import { writeAnswer, writeJson } from '#http/answer.ts'
import type { RequestHandler } from '#http/request-context.ts'
import { type LoadedProviders, sortedNames } from './loaded-provider.ts'
import { uptimeSeconds } from './uptime.ts'

/** How the server was started. */
export interface ServerFacts {
  readonly version: string
  /** Monotonic milliseconds. */
  readonly startedAt: number
  /** Without a trailing slash. */
  readonly ollamaBase: string
  readonly agentRunnerUrl: string
  /** With `~` expanded. */
  readonly providersYaml: string
  readonly modelsCacheTtlS: number
  readonly authEnabled: boolean
  /** Null when unlimited. */
  readonly maxConcurrency: number | null
}

/** `GET /`: the dashboard for browsers, the state of the server for programs. */
export function root(facts: ServerFacts, providers: LoadedProviders): RequestHandler {
  return ({ headers }, response, { viewer }) => {
    if (wantsPage(headers)) {
      writeAnswer(response, '', {
        status: 307,
        type: 'text/plain',
        headers: ['Location', '/dashboard'],
      })
      return
    }
    const trusted = viewer.scopes.size > 0
    writeJson(response, {
      name: 'router',
      ok: true,
      version: facts.version,
      uptime_s: uptimeSeconds(facts.startedAt),
      ollama_base: trusted ? facts.ollamaBase : '',
      agent_runner_url: trusted ? facts.agentRunnerUrl : '',
      providers_loaded: sortedNames(providers()),
      providers_yaml: trusted ? facts.providersYaml : basename(facts.providersYaml),
      models_cache_ttl_s: facts.modelsCacheTtlS,
      auth_enabled: facts.authEnabled,
      max_concurrency: facts.maxConcurrency,
    })
  }
}

/** v0.7.2's rule: whoever asks for HTML, or names itself and is no known command line client that asks for JSON. */
function wantsPage({ accept = '', 'user-agent': agent = '' }: IncomingHttpHeaders): boolean {
  if (accept.includes('text/html')) return true
  const commandLine = agent === '' || /^(?:curl|httpie)/i.test(agent)
  return !commandLine && !accept.includes('application/json')
}
