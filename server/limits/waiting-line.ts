import type { Cancellation } from '#domain/cancellation.ts'
import type { Clock } from '#gateway/ports.ts'

/** Where a call stands in a line. */
export interface Place {
  readonly isFirst: boolean
  /**
   * Sleeps for at most `ms`, or until there is reason to look again: the call has become the first, or something was
   * given back. What happened since the last sleep ends the next one at once.
   *
   * @throws {GatewayError} The reason for which the call was cancelled.
   */
  pause(ms: number, cancellation: Cancellation): Promise<void>
  leave(): void
}

interface Sleeper {
  /** Something happened since it last looked. */
  isCalled: boolean
  wake: () => void
}

/** Calls that wait for one counter, first come, first served. Only the first one is to try. */
export class WaitingLine {
  readonly #sleepers = new Set<Sleeper>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get length(): number {
    return this.#sleepers.size
  }

  /** Something was given back: the first one may try again. */
  wake(): void {
    const [first] = this.#sleepers
    if (!first) return
    first.isCalled = true
    first.wake()
  }

  /** Goes to the end. */
  join(): Place {
    const sleepers = this.#sleepers
    const me: Sleeper = { isCalled: false, wake: () => {} }
    const isFirst = () => sleepers.values().next().value === me
    sleepers.add(me)
    return {
      get isFirst() {
        return isFirst()
      },
      pause: (ms, cancellation) => this.#pause(me, { ms, cancellation }),
      leave: () => {
        const wasFirst = isFirst()
        sleepers.delete(me)
        if (wasFirst) this.wake()
      },
    }
  }

  #pause(
    me: Sleeper,
    { ms, cancellation }: { ms: number; cancellation: Cancellation },
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        stop?.()
        forget?.()
        me.wake = () => {}
        me.isCalled = false
        settle()
      }
      let stop: (() => void) | undefined
      let forget: (() => void) | undefined
      if (cancellation.reason) return reject(cancellation.reason)
      if (me.isCalled) return end(resolve)
      stop = this.#clock.every(Math.max(1, ms), () => end(resolve))
      forget = cancellation.onCancel((reason) => end(() => reject(reason)))
      me.wake = () => end(resolve)
    })
  }
}
