import type { HealthState } from '#domain/health-score.ts'
import type { HealthTransition } from '#domain/health-transition.ts'
import type { HealthOverride } from '#domain/target-health.ts'
import type { Clock } from '#gateway/ports.ts'

/** Sees when a provider's health changes. */
export interface HealthWatch {
  /** Says that a provider's health may have changed: it is looked at in a moment. Cheap, for use beside calls. */
  outdated(providerName: string): void
  /** @returns Ends the interest. */
  onChange(listener: (transition: HealthTransition) => void): () => void
  stop(): void
}

/** How long a change may go unseen: no sooner, so that a storm of failures costs nothing. */
const soonMs = 100
/** Time alone changes health as well: what is old counts no more. */
const everyMs = 1000

/** @param providers Those that there are now. */
export function createHealthWatch({
  clock,
  providers,
  healthOf,
}: {
  clock: Clock
  providers: () => readonly { readonly name: string; readonly simulated: boolean }[]
  healthOf: (providerName: string) => {
    readonly state: HealthState
    readonly reason: string | null
    readonly override: HealthOverride
  }
}): HealthWatch {
  const states = new Map<string, HealthState>()
  const listeners = new Set<(transition: HealthTransition) => void>()
  const due = new Set<string>()

  const look = ({ name, simulated }: { name: string; simulated: boolean }) => {
    const { state: to, reason, override } = healthOf(name)
    const from = states.get(name) ?? 'UNKNOWN'
    states.set(name, to)
    if (from === to) return
    const byHand = override === 'FORCE_DISABLED'
    const at = clock.epochMs()
    for (const listener of listeners)
      listener({ providerName: name, from, to, reason, byHand, simulated, at })
  }
  const lookAt = (wanted: (name: string) => boolean) => {
    const all = providers()
    due.clear()
    for (const provider of all) if (wanted(provider.name)) look(provider)
    if (states.size > all.length) {
      const names = new Set(all.map(({ name }) => name))
      for (const name of states.keys()) if (!names.has(name)) states.delete(name)
    }
  }
  const stops = [
    clock.every(soonMs, () => {
      if (due.size === 0) return
      const wanted = new Set(due)
      lookAt((name) => wanted.has(name))
    }),
    clock.every(everyMs, () => lookAt(() => true)),
  ]
  return {
    outdated: (providerName) => void due.add(providerName),
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    stop() {
      for (const stop of stops) stop()
    },
  }
}
