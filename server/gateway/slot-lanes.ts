import { byArrival, byPriority, foremost, Turns } from '#domain/queue-order.ts'
import { SlotLane } from './slot-lane.ts'
import type { WaitingCall } from './waiting-call.ts'

/** The lanes of a queue: one for each provider that has a limit, and one for all others. */
export class SlotLanes implements Iterable<SlotLane> {
  readonly #released: () => void
  readonly #unlimited: SlotLane
  readonly #limited = new Map<string, SlotLane>()
  readonly #all: SlotLane[]
  readonly #turns = new Turns()

  /** @param released Told when a place of any lane is given back. */
  constructor(released: () => void) {
    this.#released = released
    this.#unlimited = new SlotLane({ released })
    this.#all = [this.#unlimited]
  }

  /** The lane of a provider's calls. A limit of its own may have changed since: see `max`. */
  of(providerName: string, max: number | undefined): SlotLane {
    if (max === undefined) return this.#unlimited
    const known = this.#limited.get(providerName)
    if (known) return known
    const lane = new SlotLane({ providerName, max, released: this.#released })
    this.#limited.set(providerName, lane)
    this.#all.push(lane)
    return lane
  }

  /**
   * Chooses the call that gets the next place, among those whose provider has room; it is then to be admitted.
   *
   * @param when What `Turns` asks for.
   */
  next(when: { now: number; patienceMs: number }): WaitingCall | undefined {
    const open = this.#all.filter((lane) => !lane.isFull)
    const firsts = open.flatMap(({ waiting }) => waiting.first ?? [])
    const oldests = open.flatMap(({ waiting }) => waiting.oldest ?? [])
    const urgent = foremost(firsts, byPriority)
    const oldest = foremost(oldests, byArrival)
    if (!urgent || !oldest) return undefined
    const chosen = this.#turns.next({ urgent, oldest }, when)
    const { turns, waiting } = chosen.lane
    if (chosen !== oldest)
      return turns.next({ urgent: chosen, oldest: waiting.oldest ?? chosen }, when)
    turns.restart()
    return chosen
  }

  /** How many go before a call of that priority and lane that comes now. */
  before({ priority, lane }: Pick<WaitingCall, 'priority' | 'lane'>): number {
    const ahead = lane.isFull ? [lane] : this.#all.filter((each) => !each.isFull)
    return ahead.reduce((sum, { waiting }) => sum + waiting.before(priority), 0)
  }

  /** Tells whoever watches a call how many go before it; those that wait for a full provider count their own only. */
  tellPositions(): void {
    const open: SlotLane[] = []
    for (const lane of this.#all) {
      if (lane.isFull) tellAll(lane.waiting)
      else if (lane.waiting.size > 0) open.push(lane)
    }
    const [only] = open
    if (only && open.length === 1) tellAll(only.waiting)
    else tellAll(open.flatMap(({ waiting }) => [...waiting]).toSorted(byPriority))
  }

  [Symbol.iterator](): Iterator<SlotLane> {
    return this.#all.values()
  }
}

function tellAll(calls: Iterable<WaitingCall>): void {
  let position = 0
  for (const call of calls) call.tell(position++)
}
