import type { Cancellation } from '#domain/cancellation.ts'
import type { GatewayError } from '#domain/errors.ts'
import type { Clock } from '#gateway/ports.ts'

/** Where those wait, first come first served, who would be served if others used less than they hold. */
export interface WaitingRoom<Guest> {
  /** Waits (on), with the refusal that is due when the wait has been too long. */
  enter(guest: Guest, refusal: GatewayError): void
  /** Says that somebody may be served now. */
  freed(): void
  /** Whether somebody should be tried. */
  readonly ready: boolean
  /** Those who are to be tried now, in order; those who are refused again `enter` again. */
  leave(): readonly Guest[]
}

/** How long calls wait for what others hold. */
const longestWaitMs = 5000
/** How often those are tried whom another replica may have made room for. */
const retryMs = 50

/** @param ways How a guest leaves, is turned away, and who is told when some are ready without `freed` being called. */
export function createWaitingRoom<Guest extends object>(
  clock: Clock,
  ways: {
    cancellationOf: (guest: Guest) => Cancellation | undefined
    refuse: (guest: Guest, reason: unknown) => void
    ready: () => void
  },
): WaitingRoom<Guest> {
  const since = new WeakMap<Guest, number>()
  let guests = new Map<Guest, GatewayError>()
  let ready = false
  let stop: (() => void) | undefined

  const tick = () => {
    if (guests.size === 0) {
      stop?.()
      stop = undefined
      return
    }
    ready = true
    ways.ready()
  }

  return {
    enter(guest, refusal) {
      const arrived = since.get(guest) ?? clock.now()
      since.set(guest, arrived)
      const reason = ways.cancellationOf(guest)?.reason
      if (reason) return ways.refuse(guest, reason)
      if (clock.now() - arrived >= longestWaitMs) return ways.refuse(guest, refusal)
      guests.set(guest, refusal)
      stop ??= clock.every(retryMs, tick)
    },
    freed() {
      ready = guests.size > 0
    },
    get ready() {
      return ready
    },
    leave() {
      if (!ready) return []
      ready = false
      const leaving = [...guests.keys()]
      guests = new Map()
      return leaving
    },
  }
}
