import type { Clock } from '#gateway/ports.ts'

/** Work that recurs. It decides by itself whether another replica does it already. */
export interface Job {
  readonly name: string
  readonly everyMs: number
  run(): Promise<void>
}

/**
 * Runs each job at its interval, never twice at once. A job that fails is reported and comes round again.
 *
 * @returns Stops the schedule and waits for the jobs that are running.
 */
export function startSchedule(
  jobs: readonly Job[],
  { clock, failed }: { clock: Clock; failed: (job: Job, cause: unknown) => void },
): () => Promise<void> {
  const running = new Map<Job, Promise<void>>()
  const begin = (job: Job) => {
    if (running.has(job)) return
    const done = job
      .run()
      .catch((cause: unknown) => failed(job, cause))
      .finally(() => running.delete(job))
    running.set(job, done)
  }
  const stops = jobs.map((job) => clock.every(job.everyMs, () => begin(job)))
  return async () => {
    for (const stop of stops) stop()
    await Promise.all(running.values())
  }
}
