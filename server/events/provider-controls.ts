import type { ProviderControl } from '#domain/provider-control.ts'
import type { TargetStates } from '#gateway/target-states.ts'

/** What people have decided of providers, as all replicas know it. */
export interface ProviderControls {
  of(providerName: string): ProviderControl | undefined
  /** Reads it, and puts it into force. */
  load(): Promise<void>
}

/**
 * @param applied Told of every provider of which something new was decided. Its circuits are closed already where that was
 *   decided; not so at the first load: what was decided before this process began is in what it remembers.
 */
export function createProviderControls({
  read,
  states,
  reset,
  applied,
}: {
  read: () => Promise<readonly ProviderControl[]>
  states: Pick<TargetStates, 'setOverride'>
  reset: (providerName: string) => void
  applied: (providerName: string) => void
}): ProviderControls {
  let controls: ReadonlyMap<string, ProviderControl> | undefined
  let last: Promise<void> = Promise.resolve()

  const apply = (before: ProviderControl | undefined, now: ProviderControl, isFirst: boolean) => {
    const { override, providerName, reason, resetAt } = now
    states.setOverride(providerName, override)
    if (!isFirst && resetAt !== null && resetAt !== (before?.resetAt ?? null)) reset(providerName)
    else if (before?.override === override && before.reason === reason) return
    applied(providerName)
  }
  const load = async () => {
    const isFirst = controls === undefined
    const before = controls
    const rows = await read()
    controls = new Map(rows.map((row) => [row.providerName, row]))
    for (const row of rows) apply(before?.get(row.providerName), row, isFirst)
  }
  return {
    of: (providerName) => controls?.get(providerName),
    load() {
      // One after another: an older answer never overrules a younger one.
      last = last.catch(() => {}).then(load)
      return last
    },
  }
}
