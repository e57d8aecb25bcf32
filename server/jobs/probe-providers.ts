import { isTroubled, provenWithin, type TargetStanding } from '#domain/target-standing.ts'
import type { Clock } from '#gateway/ports.ts'
import type { Job } from './schedule.ts'

/** The part of the providers that this replica is to check, since no other one does; see server/store/probe-claims.ts. */
export type ClaimProbes = (asked: {
  /** Calls have lately told here whether they work. */
  readonly proven: readonly string[]
  readonly idle: readonly string[]
  /** To be checked though calls may have told something elsewhere. */
  readonly troubled: readonly string[]
}) => Promise<readonly string[]>

/** Without a call for so long nobody knows whether a provider works. */
const idleMs = 30_000
const everyMs = 15_000

/**
 * Checks providers of which no call has lately told anything, or of which something is disabled or refused for long: some
 * every 15 s, by one replica at a time.
 *
 * @param candidates Names of the providers that may be checked.
 * @param chance Numbers from 0 up to 1, so that replicas do not keep in step.
 */
export function probeProviders({
  candidates,
  standings,
  claim,
  check,
  clock,
  chance,
}: {
  candidates: () => readonly string[]
  standings: (providerName: string) => readonly TargetStanding[]
  claim: ClaimProbes
  check: (providerName: string) => Promise<unknown>
  clock: Pick<Clock, 'now' | 'epochMs'>
  chance: () => number
}): Job {
  const next = () => clock.now() + everyMs * (0.8 + 0.4 * chance())
  let dueAt = next()
  return {
    name: 'check idle providers',
    everyMs: 1000,
    async run() {
      if (clock.now() < dueAt) return
      dueAt = next()
      const asked = { proven: [] as string[], idle: [] as string[], troubled: [] as string[] }
      for (const name of candidates()) {
        const known = standings(name)
        if (provenWithin(known, idleMs)) asked.proven.push(name)
        else asked.idle.push(name)
        if (known.some((each) => isTroubled(each, { epochMs: clock.epochMs(), forMs: idleMs })))
          asked.troubled.push(name)
      }
      const mine = await claim(asked)
      await Promise.all(mine.map(check))
    },
  }
}
