import type { ProviderConfig } from '#domain/config.ts'
import { providerConfig, type ProviderSettings, vendors } from './provider-defaults.ts'

/** The providers that are there without any file: those whose key is in the environment, and Ollama. */
export function environmentProviders(settings: ProviderSettings): readonly ProviderConfig[] {
  const headers = settings.defaultUpstreamHeaders
  const known = vendors
    .filter(({ apiKeyEnv }) => settings.lookup(apiKeyEnv) !== undefined)
    .map(({ name, kind, baseUrl, apiKeyEnv }) =>
      providerConfig({
        name,
        kind,
        baseUrl: settings.baseUrls[name] ?? baseUrl,
        apiKeyEnv,
        priceList: name,
        headers,
      }),
    )
  const ollama = providerConfig({
    name: 'ollama',
    kind: 'OLLAMA',
    baseUrl: settings.ollamaBase,
    priceList: 'local',
  })
  return [...known, ollama]
}

/** The provider inside the product; it is there unless a v0.7.2 file is in use. */
export const simulator: ProviderConfig = providerConfig({
  name: 'simulator',
  kind: 'SIMULATOR',
  baseUrl: 'simulator:',
  priceList: 'simulator',
})
