import type { ProviderConfig } from '#domain/config.ts'
import type { ProviderAdapter } from '../adapter.ts'
import { type AdapterTools, createWireAdapter } from '../openai-wire/adapter.ts'
import type { Dialect } from '../openai-wire/dialect.ts'
import { openAiUsage } from '../openai-wire/usage.ts'
import { openRouterCost } from './usage.ts'

const openRouter: Dialect = {
  usage: openAiUsage,
  reportedCost: openRouterCost,
  sendsUsageUnasked: true,
}

/** OpenRouter's chat completions: many vendors' models, keep-alive comments, the cost in every usage. */
export function createOpenRouterAdapter(
  config: ProviderConfig,
  tools: AdapterTools,
): ProviderAdapter {
  return createWireAdapter(config, tools, openRouter)
}
