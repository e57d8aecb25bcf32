import { readUpstreamLimits } from '#domain/upstream-limits.ts'
import type { Attempt } from './call.ts'
import type { Clock } from './ports.ts'

/** Keeps what an answer or a refusal tells of the target's limits. */
export function hearLimits(
  { state }: Attempt,
  { headers, clock }: { headers: Readonly<Record<string, string>>; clock: Clock },
): void {
  if (!state.resilience.coolsDown) return
  const at = clock.epochMs()
  const limits = readUpstreamLimits(headers, at)
  if (!limits) return
  state.coolDown.told(limits, clock.now())
  state.told = { limits, at }
}
