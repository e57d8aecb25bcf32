import type { ProviderConfig } from '#domain/config.ts'
import type { ProviderAdapter } from '../adapter.ts'
import { type AdapterTools, createWireAdapter } from '../openai-wire/adapter.ts'
import type { Dialect } from '../openai-wire/dialect.ts'
import { xaiCost, xaiUsage } from './usage.ts'

const xai: Dialect = { usage: xaiUsage, reportedCost: xaiCost, sendsUsageUnasked: true }

/** xAI's chat completions: OpenAI's wire format with `reasoning_content`, and the bill in every usage. */
export function createXaiAdapter(config: ProviderConfig, tools: AdapterTools): ProviderAdapter {
  return createWireAdapter(config, tools, xai)
}
