/** An attempt as far as the waterfall shows it. */
export interface TimedAttempt {
  readonly startedAt: string
  readonly durationMs: number
  readonly timeToFirstTokenMs: number | null
}

/** A bar of the waterfall, in shares of the whole (0 to 1). */
export interface Bar {
  readonly left: number
  readonly waiting: number
  readonly streaming: number
}

export interface Waterfall {
  readonly totalMs: number
  /** The wait for a slot, before the first attempt; null when there was none. */
  readonly queued: Bar | null
  /** One for each attempt, in their order. */
  readonly attempts: readonly Bar[]
}

/**
 * Where the time of a request went.
 *
 * @param latencyMs Null while it runs: then its attempts so far are the whole.
 */
export function waterfall({
  createdAt,
  latencyMs,
  queuedMs,
  attempts,
}: {
  createdAt: string
  latencyMs: number | null
  queuedMs: number | null
  attempts: readonly TimedAttempt[]
}): Waterfall {
  const begun = Date.parse(createdAt)
  const starts = attempts.map(({ startedAt }) => Math.max(0, Date.parse(startedAt) - begun))
  const ends = attempts.map(({ durationMs }, index) => (starts[index] ?? 0) + durationMs)
  const totalMs = Math.max(latencyMs ?? 0, queuedMs ?? 0, ...ends, 1)
  return {
    totalMs,
    queued:
      queuedMs === null || queuedMs < 1
        ? null
        : { left: 0, waiting: queuedMs / totalMs, streaming: 0 },
    attempts: attempts.map(({ durationMs, timeToFirstTokenMs }, index) => {
      const waitingMs = Math.min(timeToFirstTokenMs ?? durationMs, durationMs)
      return {
        left: (starts[index] ?? 0) / totalMs,
        waiting: waitingMs / totalMs,
        streaming: (durationMs - waitingMs) / totalMs,
      }
    }),
  }
}
