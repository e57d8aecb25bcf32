import type { ProviderConfig } from '#domain/config.ts'

/** A provider of the configuration in force, as v0.7.2's documents tell of it. */
export interface LoadedProvider {
  readonly config: ProviderConfig
  readonly hasApiKey: boolean
  /** Whether it answered last; null while nobody knows. */
  readonly reachable: boolean | null
}

/** The providers of the configuration in force, in its order, without what is built in. */
export type LoadedProviders = () => readonly LoadedProvider[]

export function sortedNames(providers: readonly LoadedProvider[]): readonly string[] {
  return providers.map(({ config }) => config.name).toSorted()
}
