import {
  type AlertSighting,
  mergedSighting,
  sightingKey,
  sightingsOf,
} from '#domain/alert-sighting.ts'
import type { RequestRecord } from '#domain/request-record.ts'
import type { Clock } from '#gateway/ports.ts'
import type { Logger } from '#telemetry/logger.ts'
import { createGatherer } from './gatherer.ts'

/** Where alerts are kept. */
export interface AlertDesk {
  /** Opens, counts and resolves alerts. */
  record(sightings: readonly AlertSighting[]): Promise<void>
  /** Names of the providers whose credential counts as rejected. */
  rejectedProviders(): Promise<readonly string[]>
}

export interface AlertWatch {
  callEnded(record: RequestRecord): void
  /** Says that another replica may have found something: it is read soon. */
  outdated(): void
  close(): Promise<void>
}

const everyMs = 1000

/** Watches calls for what people should know of, and writes it down once a second. */
export function createAlertWatch({
  desk,
  clock,
  log,
}: {
  desk: AlertDesk
  clock: Clock
  log: Logger
}): AlertWatch {
  let isOutdated = true
  let isReading = false
  /** What was seen here since the last read began, which it may not know of. */
  const seenMeanwhile = new Map<string, boolean>()
  let rejected: ReadonlySet<string> = new Set()
  const isRejected = (providerName: string) => rejected.has(providerName)
  const gatherer = createGatherer<AlertSighting>({
    clock,
    everyMs,
    merge: mergedSighting,
    write: (sightings) => desk.record(sightings),
    failed: (err, leftOut) => log.warn({ err, leftOut }, 'alerts could not be written; once more'),
  })
  const changeTo = (providerName: string, isNowRejected: boolean) => {
    seenMeanwhile.set(providerName, isNowRejected)
    const next = new Set(rejected)
    if (isNowRejected) next.add(providerName)
    else next.delete(providerName)
    rejected = next
  }
  const refresh = async () => {
    if (!isOutdated || isReading) return
    isOutdated = false
    isReading = true
    try {
      await gatherer.flush()
      seenMeanwhile.clear()
      rejected = new Set(await desk.rejectedProviders())
      for (const [providerName, isNowRejected] of seenMeanwhile)
        changeTo(providerName, isNowRejected)
    } catch (err) {
      isOutdated = true
      log.debug({ err }, 'alerts cannot be read now')
    }
    isReading = false
  }
  const stop = clock.every(everyMs, () => void refresh())
  return {
    callEnded(record) {
      for (const sighting of sightingsOf(record, isRejected)) {
        gatherer.put(sightingKey(sighting), sighting)
        if (sighting.kind === 'CREDENTIAL') changeTo(sighting.providerName, sighting.code !== null)
      }
    },
    outdated() {
      isOutdated = true
    },
    async close() {
      stop()
      await gatherer.close()
    },
  }
}
