import type { Clock } from '#gateway/ports.ts'
import type { Logger } from '#telemetry/logger.ts'

/** Says in the log, once for each provider, whether it can be reached. */
export interface ConnectivityTest {
  /** These are being asked from now on. */
  begin(providerNames: readonly string[]): void
  /** @param error Undefined: it has answered. */
  answered(
    providerName: string,
    told: { readonly error: Error | undefined; readonly latencyMs: number },
  ): void
  stop(): void
}

/** Whoever takes longer is reported as not having answered. */
const patienceMs = 3000

export function createConnectivityTest({
  clock,
  log,
}: {
  clock: Clock
  log: Pick<Logger, 'info' | 'warn'>
}): ConnectivityTest {
  const awaited = new Set<string>()
  let stop = () => {}
  return {
    begin(providerNames) {
      stop()
      awaited.clear()
      for (const name of providerNames) awaited.add(name)
      stop = clock.every(patienceMs, () => {
        stop()
        for (const provider of awaited)
          log.warn({ provider }, 'the provider has not answered within 3 s')
        awaited.clear()
      })
    },
    answered(provider, { error, latencyMs }) {
      if (!awaited.delete(provider)) return
      if (error) log.warn({ provider, reason: error.message }, 'the provider does not answer')
      else log.info({ provider, latencyMs: Math.round(latencyMs) }, 'the provider answers')
    },
    stop: () => stop(),
  }
}
