import type { ConfigWarning } from '#domain/config.ts'
import type { Route } from '#http/route-table.ts'
import { apiPage } from './docs/api-page.ts'
import { docsStyle } from './docs/docs-style.ts'
import { openApi } from './docs/openapi.ts'
import { health, type HealthOptions } from './legacy/health.ts'
import { reload, type Reload } from './legacy/reload.ts'
import { root } from './legacy/root.ts'
import { stats, type StatsOptions } from './legacy/stats.ts'
import { metrics, type MetricsText } from './metrics.ts'
import { chatCompletions, type CompletionsOptions, embeddings } from './openai/completions.ts'
import { listModels, type OfferedModels, oneModel } from './openai/models.ts'
import { livez, type ReadinessCheck, readyz } from './probes.ts'

export interface RestOptions extends CompletionsOptions {
  readonly models: OfferedModels
  readonly health: HealthOptions
  readonly stats: Omit<StatsOptions, 'startedAt'>
  readonly reload: Reload
  /** What was skipped in the configuration in force. @default none */
  readonly configWarnings?: () => readonly ConfigWarning[]
  readonly metrics: MetricsText
  readonly readiness: readonly ReadinessCheck[]
  readonly isDraining: () => boolean
}

/** Every path of REST, and who answers it. */
export function restRoutes(options: RestOptions): readonly Route[] {
  const { facts, providers } = options.health
  const { models } = options
  const docs = apiPage(facts.version)
  return [
    { path: '/', access: 'open', methods: { GET: root(facts, providers) } },
    { path: '/health', access: 'open', methods: { GET: health(options.health) } },
    {
      path: '/stats',
      access: 'token',
      needs: 'read',
      ofInstallation: true,
      methods: { GET: stats({ ...options.stats, startedAt: facts.startedAt }) },
    },
    {
      path: '/admin/reload',
      access: 'token',
      needs: 'manage-config',
      ofInstallation: true,
      methods: {
        POST: reload({
          reload: options.reload,
          providers,
          warnings: options.configWarnings ?? (() => []),
        }),
      },
    },
    { path: '/v1/models', access: 'token', needs: 'read', methods: { GET: listModels(models) } },
    { path: '/v1/models/*', access: 'token', needs: 'read', methods: { GET: oneModel(models) } },
    { path: '/v1/chat/completions', access: 'token', methods: { POST: chatCompletions(options) } },
    { path: '/v1/embeddings', access: 'token', methods: { POST: embeddings(options) } },
    { path: '/livez', access: 'open', methods: { GET: livez() } },
    {
      path: '/readyz',
      access: 'open',
      methods: { GET: readyz(options.readiness, options.isDraining) },
    },
    {
      path: '/metrics',
      access: 'token',
      needs: 'read',
      ofInstallation: true,
      methods: { GET: metrics(options.metrics) },
    },
    { path: '/openapi.json', access: 'open', methods: { GET: openApi(facts.version) } },
    { path: '/docs', access: 'open', methods: { GET: docs } },
    { path: '/redoc', access: 'open', methods: { GET: docs } },
    { path: '/docs/style.css', access: 'open', methods: { GET: docsStyle() } },
  ]
}
