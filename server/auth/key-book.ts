import type { Viewer } from '#domain/access.ts'
import type { StoredKey } from '#domain/api-key.ts'
import { GatewayError } from '#domain/errors.ts'
import type { Clock } from '#gateway/ports.ts'
import type { Log } from '#telemetry/logger.ts'
import { KnownKey, publicIdOf } from './known-key.ts'

/** Where keys' rows are. */
export interface KeyRows {
  read(publicIds: readonly string[]): Promise<readonly StoredKey[]>
  touch(ids: readonly string[]): Promise<void>
}

/** Hears which keys have changed, by public id. */
export interface KeyChanges {
  readonly listening: boolean
  on(topic: 'api-key', listener: { heard(publicId: string): void; resumed(): void }): () => void
}

/** Keys in memory: what was read is kept until somebody changes it. */
export interface KeyBook {
  /** Undefined: it has to be read first. Null: there is none. */
  known(publicId: string): KnownKey | null | undefined
  /** @throws {GatewayError} OVERLOADED when it cannot be read now. */
  read(publicId: string): Promise<KnownKey | null>
  /**
   * Reads a key again that does not fit what was shown: another replica may have changed it in this moment.
   *
   * @returns Undefined where that was done within the last second.
   */
  readAgain(publicId: string): Promise<KnownKey | null> | undefined
  /** Whether somebody still has all the rights with which they were let in, as far as is known. */
  upholds(viewer: Viewer): boolean
  /** Notes that a key is in use; written at most once a minute. */
  used(id: string): void
  close(): Promise<void>
}

const mostKnown = 10_000
const mostMissing = 1000
const mostReading = 200
const tickMs = 500
/** While changes are heard, everything is read again so often all the same. */
const ticksPerRefresh = 60
const ticksPerDeafRefresh = 2
const ticksPerFlush = 10
const touchMs = 60_000
const rereadMs = 1000

/**
 * @param cut Is told whenever somebody may have lost a right: whose connections have to be closed.
 */
export function createKeyBook({
  rows,
  changes,
  clock,
  log,
  cut,
}: {
  rows: KeyRows
  changes: KeyChanges
  clock: Clock
  log: Pick<Log, 'warn'>
  cut: (isCut: (viewer: Viewer) => boolean) => void
}): KeyBook {
  const book = new Map<string, KnownKey>()
  const missing = new Set<string>()
  const reading = new Map<string, Promise<KnownKey | null>>()
  /** Changed, and not read since. */
  const stale = new Set<string>()
  const usedAt = new Map<string, number>()
  const rereadAt = new Map<string, number>()
  const toTouch = new Set<string>()
  /** At which read a key was said to have changed, while reads are under way. */
  const changedAt = new Map<string, number>()
  let loads = 0
  let running = 0
  let refreshing = false
  let ticks = 0

  const cutBy = (key: KnownKey) => {
    const now = clock.now()
    cut((viewer) => viewer.apiKeyId === key.row.id && !key.upholds(viewer, now))
  }

  const learn = (row: StoredKey): KnownKey => {
    const before = book.get(row.publicId)
    const key = new KnownKey(row, clock.now())
    if (before && !key.differsFrom(before)) return before
    const oldest = book.size >= mostKnown ? book.keys().next().value : undefined
    if (oldest !== undefined) book.delete(oldest)
    missing.delete(row.publicId)
    book.set(row.publicId, key)
    cutBy(key)
    return key
  }

  const forget = (publicId: string) => {
    const gone = book.get(publicId)
    book.delete(publicId)
    if (missing.size >= mostMissing) missing.clear()
    missing.add(publicId)
    if (gone) cut((viewer) => viewer.apiKeyId === gone.row.id)
  }

  /** Reads keys, and remembers what was found, but for keys that have changed since the read began. */
  const load = async (publicIds: readonly string[]): Promise<void> => {
    const begun = ++loads
    running++
    try {
      const found = new Map((await rows.read(publicIds)).map((row) => [row.publicId, row]))
      for (const publicId of publicIds) {
        if ((changedAt.get(publicId) ?? 0) >= begun) continue
        stale.delete(publicId)
        const row = found.get(publicId)
        if (row) learn(row)
        else forget(publicId)
      }
    } finally {
      running--
      if (running === 0) changedAt.clear()
    }
  }

  const readAnew = async (publicId: string): Promise<KnownKey | null> => {
    await load([publicId])
    if (stale.has(publicId)) await load([publicId])
    return book.get(publicId) ?? null
  }

  const refresh = (publicIds: readonly string[]) => {
    if (refreshing || publicIds.length === 0) return
    refreshing = true
    void load(publicIds)
      .catch((err: unknown) => log.warn({ err }, 'keys could not be read; they are tried again'))
      .finally(() => {
        refreshing = false
      })
  }

  const flush = async () => {
    const ids = [...toTouch]
    toTouch.clear()
    if (ids.length > 0) await rows.touch(ids).catch(() => {})
  }

  const meetDeadlines = (now: number) => {
    for (const key of book.values()) if (key.deadlineAfter(now - tickMs) <= now) cutBy(key)
  }

  const stopTicks = clock.every(tickMs, () => {
    ticks++
    meetDeadlines(clock.now())
    if (ticks % (changes.listening ? ticksPerRefresh : ticksPerDeafRefresh) === 0) {
      missing.clear()
      refresh([...book.keys(), ...stale])
    } else refresh([...stale])
    if (ticks % ticksPerFlush === 0) void flush()
  })
  const stopListening = changes.on('api-key', {
    heard(publicId) {
      missing.delete(publicId)
      stale.add(publicId)
      changedAt.set(publicId, loads)
      load([publicId]).catch(() => {})
    },
    resumed() {
      missing.clear()
      for (const publicId of book.keys()) {
        stale.add(publicId)
        changedAt.set(publicId, loads)
      }
      refreshing = false
      refresh([...stale])
    },
  })

  const read = (publicId: string): Promise<KnownKey | null> => {
    const begun = reading.get(publicId)
    if (begun) return begun
    if (reading.size >= mostReading) {
      throw new GatewayError('OVERLOADED', 'Too many keys are being looked up; try again.', {
        retryAfterMs: 1000,
      })
    }
    const found = readAnew(publicId).finally(() => reading.delete(publicId))
    reading.set(publicId, found)
    return found
  }

  return {
    known: (publicId) => book.get(publicId) ?? (missing.has(publicId) ? null : undefined),
    read,
    readAgain(publicId) {
      const now = clock.now()
      if (now - (rereadAt.get(publicId) ?? -Infinity) < rereadMs) return undefined
      if (rereadAt.size >= mostMissing) rereadAt.clear()
      rereadAt.set(publicId, now)
      return read(publicId)
    },
    upholds(viewer) {
      const publicId = publicIdOf(viewer)
      if (publicId === undefined) return true
      return book.get(publicId)?.upholds(viewer, clock.now()) ?? !missing.has(publicId)
    },
    used(id) {
      const now = clock.now()
      if (now - (usedAt.get(id) ?? -Infinity) < touchMs) return
      if (usedAt.size >= mostKnown) usedAt.clear()
      usedAt.set(id, now)
      toTouch.add(id)
    },
    async close() {
      stopListening()
      stopTicks()
      await flush()
    },
  }
}
