import type { Cancellation } from '#domain/cancellation.ts'
import type { Clock } from './ports.ts'

/**
 * Waits.
 *
 * @param ms 0 or less is no wait.
 * @throws {GatewayError} The reason of the cancellation, at once.
 */
export function pause(
  ms: number,
  { clock, cancellation }: { clock: Clock; cancellation: Cancellation },
): Promise<void> {
  if (cancellation.reason) return Promise.reject(cancellation.reason)
  if (ms <= 0) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const stop = clock.every(ms, () => {
      stop()
      forget()
      resolve()
    })
    const forget = cancellation.onCancel((reason) => {
      stop()
      reject(reason)
    })
  })
}
