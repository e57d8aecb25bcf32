/** Who has lately tried with wrong credentials, by address; bounded. Times are monotonic milliseconds. */
export interface FailedAttempts {
  /** How long the address must wait before its next try, in milliseconds; 0 when it may try. */
  waitMs(address: string, now: number): number
  failed(address: string, now: number): void
}

interface Entry {
  count: number
  since: number
}

/**
 * @param allowed Failures within a window before the address must wait for the window's end.
 * @param maxAddresses How many addresses are remembered; the one that failed first is forgotten first.
 */
export function createFailedAttempts({
  allowed = 20,
  windowMs = 60_000,
  maxAddresses = 10_000,
} = {}): FailedAttempts {
  const entries = new Map<string, Entry>()
  const current = (address: string, now: number) => {
    const entry = entries.get(address)
    if (!entry || now - entry.since < windowMs) return entry
    entries.delete(address)
    return undefined
  }
  return {
    waitMs(address, now) {
      const entry = current(address, now)
      return entry && entry.count >= allowed ? entry.since + windowMs - now : 0
    },
    failed(address, now) {
      const entry = current(address, now)
      if (entry) {
        entry.count++
        return
      }
      if (entries.size >= maxAddresses) {
        const [oldest] = entries.keys()
        if (oldest !== undefined) entries.delete(oldest)
      }
      entries.set(address, { count: 1, since: now })
    },
  }
}
