import type { Policies } from '#domain/config.ts'
import { oldTimeouts } from './provider-defaults.ts'
import { policiesOf, type ResilienceEntry } from './resilience-entry.ts'
import { followed } from './route-issues.ts'

/** What is known of a target by its name. */
export interface TargetBase extends Policies {
  /** `provider:model`, with aliases followed. */
  readonly name: string
}

/** @returns Says of a name that a target has what its provider says of it; those that are always there, too. */
export function targetBase({
  providers,
  aliases,
  defaults,
  httpTimeoutS,
}: {
  providers: Readonly<Record<string, ResilienceEntry>>
  aliases: Readonly<Record<string, string>>
  /** What is said of all providers. */
  defaults: Policies
  httpTimeoutS: number
}): (asked: string) => TargetBase {
  const alwaysThere: Policies = { ...defaults, timeouts: oldTimeouts(httpTimeoutS) }
  return (asked) => {
    const name = followed(asked, aliases) ?? asked
    const provider = name.slice(0, Math.max(0, name.indexOf(':')))
    if (provider === 'agent' || provider === 'rag') return { name, ...alwaysThere }
    const entry = Object.hasOwn(providers, provider) ? providers[provider] : undefined
    return { name, ...(entry ? policiesOf(entry, defaults) : defaults) }
  }
}
