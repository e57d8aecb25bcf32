import type { Logger } from '#telemetry/logger.ts'

/** What a comparison of roll-ups with their rows found. */
interface Comparison {
  readonly drift: readonly unknown[]
}

const dayMs = 24 * 60 * 60 * 1000

/** Compares the roll-ups of the last day with the rows they were made from, and says where they part. */
export async function reportDrift(
  reads: { check(range: { from: number; to: number }): Promise<Comparison> },
  { log, epochMs }: { log: Logger; epochMs: number },
): Promise<void> {
  const { drift } = await reads.check({ from: epochMs - dayMs, to: epochMs })
  if (drift.length > 0)
    log.error({ drift: drift.slice(0, 20) }, 'roll-ups differ from the rows they were made from')
}
