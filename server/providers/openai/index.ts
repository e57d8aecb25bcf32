import type { ProviderConfig } from '#domain/config.ts'
import type { ProviderAdapter } from '../adapter.ts'
import { type AdapterTools, createWireAdapter } from '../openai-wire/adapter.ts'
import type { Dialect } from '../openai-wire/dialect.ts'
import { openAiUsage } from '../openai-wire/usage.ts'

/** It bills by the service tier that it echoes and never says the amount: the price table does. */
const openAi: Dialect = {
  usage: openAiUsage,
  sendsUsageUnasked: false,
  requestIdHeader: 'x-client-request-id',
}

/** OpenAI's chat completions and embeddings. */
export function createOpenAiAdapter(config: ProviderConfig, tools: AdapterTools): ProviderAdapter {
  return createWireAdapter(config, tools, openAi)
}
