import { GatewayError } from '#domain/errors.ts'
import { priorities } from '#domain/queue-order.ts'
import type { Priority } from '#domain/request-record.ts'
import type { Call } from './call.ts'
import type { Clock, Slots } from './ports.ts'
import type { SlotLane } from './slot-lane.ts'
import { SlotLanes } from './slot-lanes.ts'
import { WaitingCall } from './waiting-call.ts'

/** Places in this process, and how they are used now. */
export interface SlotQueue extends Slots {
  /** Undefined is no limit. */
  readonly max: number | undefined
  readonly taken: number
  readonly waiting: number
  /** Those that wait for this process, as a part of how many may; 0 while whoever waits only waits for their provider. */
  readonly fullness: number
}

export interface SlotQueueOptions {
  readonly clock: Clock
  /** How many may wait, for each provider that has a limit and for all others together. @default 10_000 */
  readonly maxWaiting?: number
  /** How long a call waits at most. @default 60_000 */
  readonly timeoutMs?: number
}

/** How often deadlines are looked at, and those who watch are told how far they have come. */
const tickMs = 250
/** After which part of the longest wait a call is no longer overtaken by all that are more urgent. */
const patience = 0.25

/**
 * Lets at most `max` calls run at once, and of each provider at most its `maxConcurrency`; the others wait, and go by
 * priority and age (`Turns`). A call that waits for its provider is in nobody's way.
 *
 * @param max 0 or less is no limit.
 */
export function createSlotQueue(
  max: number,
  { clock, maxWaiting = 10_000, timeoutMs = 60_000 }: SlotQueueOptions,
): SlotQueue {
  const limit = max > 0 ? max : Infinity
  let taken = 0
  let waiting = 0
  let arrivals = 0
  let stopTicks: (() => void) | undefined

  const lanes = new SlotLanes(() => {
    taken--
    if (waiting > 0) admitAll()
  })

  /** After it, nobody waits who could have a place: so whoever comes and finds one goes before nobody. */
  const admitAll = () => {
    const patienceMs = timeoutMs * patience
    while (taken < limit) {
      const call = lanes.next({ now: clock.now(), patienceMs })
      if (!call) return
      taken++
      call.lane.taken++
      call.admit()
    }
  }

  const refuseLate = (lane: SlotLane) => {
    const until = clock.now() - timeoutMs
    for (let call = lane.waiting.oldest; call && call.since <= until; call = lane.waiting.oldest)
      call.refuse(tooLong(lane, timeoutMs))
  }

  const tick = () => {
    for (const lane of lanes) refuseLate(lane)
    lanes.tellPositions()
  }

  const left = () => {
    if (--waiting > 0) return
    stopTicks?.()
    stopTicks = undefined
  }

  const join = (call: Call, lane: SlotLane): Promise<() => void> => {
    if (call.cancellation.reason) throw call.cancellation.reason
    if (lane.waiting.size >= maxWaiting) makeRoom(lane, call.priority)
    const position = lanes.before({ priority: call.priority, lane })
    waiting++
    stopTicks ??= clock.every(Math.min(tickMs, timeoutMs), tick)
    const joined = new WaitingCall(call, { lane, arrival: arrivals++, since: clock.now(), left })
    joined.tell(position)
    return joined.slot
  }

  return {
    max: max > 0 ? max : undefined,
    get taken() {
      return taken
    },
    get waiting() {
      return waiting
    },
    get fullness() {
      return taken < limit || maxWaiting === 0 ? 0 : waiting / maxWaiting
    },
    acquire(call) {
      const { name = '', maxConcurrency } = call.targets[0]?.adapter.config ?? {}
      const lane = lanes.of(name, maxConcurrency)
      if (maxConcurrency !== undefined && lane.max !== maxConcurrency) {
        lane.max = maxConcurrency
        admitAll()
      }
      if (taken >= limit || lane.isFull) return join(call, lane)
      taken++
      lane.taken++
      call.slot = lane.release
      return undefined
    },
  }
}

/** @throws {GatewayError} QUEUE_FULL; where somebody less urgent waits, it is the latest of those who is refused so. */
function makeRoom({ waiting, providerName }: SlotLane, priority: Priority): void {
  const what = providerName === undefined ? 'calls' : `calls for ${providerName}`
  const error = new GatewayError(
    'QUEUE_FULL',
    `${waiting.size} ${what} are waiting already; try again later.`,
    { retryAfterMs: 1000 },
  )
  const { last } = waiting
  if (!last || priorities.indexOf(last.priority) <= priorities.indexOf(priority)) throw error
  last.refuse(error)
}

function tooLong({ max, providerName }: SlotLane, timeoutMs: number): GatewayError {
  const whose = providerName === undefined ? '' : ` for ${providerName}, which takes ${max} at once`
  return new GatewayError(
    'OVERLOADED',
    `The call waited ${timeoutMs / 1000} s for a free slot${whose}; try again later.`,
    { retryAfterMs: 5000 },
  )
}
