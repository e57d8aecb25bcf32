/** What a look at another service found. */
export interface ServiceState {
  readonly ok: boolean
  /** Null when it did not answer. */
  readonly responseTimeMs: number | null
}

/** A service that is looked at, at most once every few seconds however many ask. */
export interface ServiceCheck {
  state(): Promise<ServiceState>
  /** Whether it has ever been up. */
  readonly seenUp: boolean
}

export interface ServiceCheckOptions {
  /** Judges an answer below 400. @default every one is good */
  readonly accepts?: (body: unknown) => boolean
  readonly fetch?: typeof globalThis.fetch
  readonly timeoutMs?: number
  readonly maxAgeMs?: number
  /** Monotonic milliseconds. */
  readonly now?: () => number
}

export function createServiceCheck(
  url: string,
  {
    accepts,
    fetch = globalThis.fetch,
    timeoutMs = 3000,
    maxAgeMs = 5000,
    now = () => performance.now(),
  }: ServiceCheckOptions = {},
): ServiceCheck {
  let last: { readonly at: number; readonly state: Promise<ServiceState> } | undefined
  let seenUp = false

  const look = async (): Promise<ServiceState> => {
    const since = now()
    try {
      const answer = await fetch(url, {
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
      })
      const body: unknown = accepts ? await answer.json() : await answer.body?.cancel()
      const ok = answer.status < 400 && (accepts?.(body) ?? true)
      seenUp ||= ok
      return { ok, responseTimeMs: Math.round((now() - since) * 100) / 100 }
    } catch {
      return { ok: false, responseTimeMs: null }
    }
  }

  return {
    get seenUp() {
      return seenUp
    },
    state() {
      if (!last || now() - last.at >= maxAgeMs) last = { at: now(), state: look() }
      return last.state
    },
  }
}
