import type { Call } from './call.ts'
import type { CallObserver, Clock, Slots } from './ports.ts'

export interface SlotTaker {
  readonly slots: Slots
  readonly clock: Clock
  readonly observer: CallObserver
}

/**
 * Takes a place for the call at the provider that it asks first. Undefined: it has it at once.
 *
 * A call to the agent takes none: the agent calls back through the gateway, and would wait for its own slot.
 */
export function takeSlot(
  call: Call,
  { slots, clock, observer }: SlotTaker,
): Promise<void> | undefined {
  const config = call.targets[0]?.adapter.config
  if (config?.kind === 'AGENT') return undefined
  const place = slots.acquire(call)
  if (!place) return undefined
  const since = clock.now()
  observer.callQueued?.(call.opening, config?.name ?? '')
  return place
    .then((release) => {
      call.slot = release
    })
    .finally(() => {
      call.queuedMs += clock.now() - since
    })
}

/** Gives the call's place back, if it has one. */
export function freeSlot(call: Call): void {
  const { slot } = call
  call.slot = undefined
  slot?.()
}
