import type { ProviderConfig } from '#domain/config.ts'
import type { ProviderAdapter } from '../adapter.ts'
import { type AdapterTools, createWireAdapter } from '../openai-wire/adapter.ts'
import type { Dialect } from '../openai-wire/dialect.ts'
import { openAiUsage } from '../openai-wire/usage.ts'
import { sonar } from './sonar.ts'

const compatible: Dialect = { usage: openAiUsage, sendsUsageUnasked: false }

/** Any server that speaks OpenAI's wire format, as far as it does. */
export function createOpenAiCompatibleAdapter(
  config: ProviderConfig,
  tools: AdapterTools,
): ProviderAdapter {
  return createWireAdapter(config, tools, config.priceList === 'perplexity' ? sonar : compatible)
}
