import { GatewayError } from '#domain/errors.ts'
import type { Answer, Attempt } from '../call.ts'
import type { Step } from '../pipeline.ts'
import type { Clock } from '../ports.ts'

/** How often deadlines are looked at: one timer for all attempts costs less than one each. */
const resolutionMs = 100

/** Aborts attempts whose provider lets the gateway wait too long: for the first token, between two, or in all. */
export const timeOut =
  (clock: Clock): Step<Attempt, Answer> =>
  (next) => {
    const waiting = new Set<Attempt>()
    let stop: (() => void) | undefined
    const check = () => {
      const now = clock.now()
      for (const attempt of waiting) {
        if (attempt.endedAt !== undefined) waiting.delete(attempt)
        else abortIfLate(attempt, now)
      }
      if (waiting.size > 0 || !stop) return
      stop()
      stop = undefined
    }
    return function timed(attempt) {
      waiting.add(attempt)
      stop ??= clock.every(resolutionMs, check)
      attempt.call.closers.push(() => waiting.delete(attempt))
      return next(attempt)
    }
  }

function abortIfLate(attempt: Attempt, now: number): void {
  const late = lateness(attempt, now)
  if (!late) return
  const { name } = attempt.target.adapter.config
  attempt.cancellation.cancel(
    new GatewayError(
      'PROVIDER_TIMEOUT',
      `${name} ${late} for ${attempt.target.model}; try again, or another model.`,
      {
        provider: name,
        model: attempt.target.model,
      },
    ),
  )
}

function lateness(attempt: Attempt, now: number): string | undefined {
  const { firstTokenMs, stallMs, totalMs } =
    attempt.target.timeouts ?? attempt.target.adapter.config.timeouts
  if (totalMs !== undefined && now - attempt.calledAt > totalMs)
    return `did not finish within ${totalMs} ms`
  if (attempt.waitingSince === undefined) return undefined
  const waited = now - attempt.waitingSince
  // A whole answer comes at once: its first token is its last.
  if (!attempt.call.request.stream && totalMs !== undefined) return undefined
  if (attempt.firstTokenAt === undefined) {
    return waited > firstTokenMs ? `sent nothing within ${firstTokenMs} ms` : undefined
  }
  return waited > stallMs ? `stalled for ${stallMs} ms` : undefined
}
