import type { ProviderSettings } from '#config/provider-defaults.ts'

/** What the environment says about providers, with these keys in it. */
export function providerSettings(
  over: Partial<ProviderSettings> & { keys?: Readonly<Record<string, string>> } = {},
): ProviderSettings {
  const { keys = {}, ...rest } = over
  return {
    ollamaBase: 'http://127.0.0.1:11434',
    httpTimeoutS: 120,
    defaultUpstreamHeaders: {},
    baseUrls: {},
    lookup: (name) => keys[name],
    ...rest,
  }
}
