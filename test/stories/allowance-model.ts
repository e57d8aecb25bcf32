import type { AllowanceUnit } from '#domain/allowance.ts'
import {
  type AllowanceEvent,
  type Begin,
  type End,
  type GivenAllowance,
  limitOf,
  type PriceName,
  type ReplicaIndex,
  type Used,
} from './allowance-events.ts'
import { amountIn, costOf } from './allowance-amounts.ts'

/** A window as the product ought to have it. Amounts are in its unit. */
export interface ModelWindow {
  readonly unit: AllowanceUnit
  spent: bigint
  held: bigint
  overage: bigint
  ended: boolean
}

interface ModelAllowance {
  readonly unit: AllowanceUnit
  readonly blocks: boolean
  limit: bigint
  paused: boolean
  deleted: boolean
  readonly windows: ModelWindow[]
}

export interface ModelCall {
  readonly replica: ReplicaIndex
  readonly asks: Begin
  readonly arrivedAt: number
  /** OPEN, LOST and ENDED have been granted what they asked for; any other word is why not. */
  state: string
  leaving: boolean
  outputTokens: number
  holds: readonly { readonly window: ModelWindow; readonly held: bigint }[]
  /** What its request shows, in ticks. */
  cost: bigint | null
}

/** An end that came, with the call that it was of. */
export interface ModelEnd {
  readonly call: number
  readonly used: Used
  readonly price: PriceName
}

const leastUseful = 16
const longestWaitMs = 5000

/** What must become of allowances, worked out one call at a time, without a database and without any thrift. */
export class AllowanceModel {
  readonly allowances: readonly ModelAllowance[]
  readonly calls: ModelCall[] = []
  readonly #now = [0, 0]
  readonly #guests: ModelCall[][] = [[], []]

  constructor(given: readonly GivenAllowance[]) {
    this.allowances = given.map(({ unit, action, limit }) => ({
      unit,
      blocks: action === 'BLOCK',
      limit,
      paused: false,
      deleted: false,
      windows: [],
    }))
  }

  /** Which calls of a replica the ends of an event are of: each call once, those that have ended included. */
  endsOf(replica: ReplicaIndex, ends: readonly End[]): readonly ModelEnd[] {
    const begun = this.calls.flatMap((call, index) =>
      call.replica === replica && call.outputTokens >= 0 ? index : [],
    )
    const chosen = new Map<number, ModelEnd>()
    for (const { nth, used, price } of ends) {
      const call = begun[nth % Math.max(1, begun.length)]
      if (call === undefined) continue
      chosen.set(call, { call, used: used === 'HOLD' ? holdOf(this.calls[call]!) : used, price })
    }
    return [...chosen.values()]
  }

  atOnce(
    replica: ReplicaIndex,
    { begins, ends }: { begins: readonly Begin[]; ends: readonly ModelEnd[] },
  ): void {
    const arrivedAt = this.#now[replica]!
    for (const asks of begins) {
      const call: ModelCall = {
        replica,
        asks,
        arrivedAt,
        state: 'WAITING',
        leaving: false,
        outputTokens: -1,
        holds: [],
        cost: null,
      }
      this.calls.push(call)
      this.#ask(call)
    }
    for (const end of ends) this.#end(end)
    if (ends.some(({ call }) => this.calls[call]!.holds.length > 0)) this.#askAgain(replica)
  }

  /** The calls that wait. */
  get waiting(): readonly number[] {
    return this.calls.flatMap(({ state }, index) => (state === 'WAITING' ? index : []))
  }

  pass(replica: ReplicaIndex, ms: number): void {
    this.#now[replica]! += ms
    this.#askAgain(replica)
  }

  /**
   * The crash rule: what is open at a replica is charged what it holds.
   *
   * @returns How many calls were open.
   */
  crash(replica: ReplicaIndex): number {
    const open = this.calls.filter((call) => call.replica === replica && call.state === 'OPEN')
    for (const call of open) {
      this.#charge(call, { used: holdOf(call), price: call.asks.price })
      for (const { window, held } of call.holds) window.held -= held
      call.state = 'LOST'
    }
    return open.length
  }

  change(event: Extract<AllowanceEvent, { allowance: number }>): void {
    const allowance = this.allowances[event.allowance % this.allowances.length]!
    switch (event.kind) {
      case 'RESET':
        for (const window of allowance.windows) window.ended = true
        return
      case 'LIMIT':
        allowance.limit = limitOf(allowance.unit, event.percent)
        return
      case 'PAUSE':
        allowance.paused = event.paused
        return
      case 'DELETE':
        allowance.deleted = true
    }
  }

  #ask(call: ModelCall): void {
    const { asks } = call
    const asked = asks.allowances.map((index) => this.allowances[index % this.allowances.length]!)
    const applying = [...new Set(asked)]
      .map((allowance) => ({ allowance, window: currentWindow(allowance) }))
      .filter(({ allowance }) => !allowance.paused && !allowance.deleted)
    const blocking = applying.filter(({ allowance }) => allowance.blocks)
    const fits = (limit: bigint, used: bigint, hold: bigint) => hold === 0n || used + hold <= limit
    let output = asks.outputTokens
    for (const { allowance, window } of blocking) {
      while (output >= 0 && !fits(allowance.limit, window.spent, holdIn(window, asks, output)))
        output--
      if (output < Math.min(leastUseful, asks.outputTokens)) {
        call.state = allowance.unit === 'TICKS' ? 'BUDGET_EXCEEDED' : 'QUOTA_EXCEEDED'
        return
      }
    }
    const full = blocking.find(
      ({ allowance: { limit }, window }) =>
        !fits(limit, window.spent + window.held, holdIn(window, asks, output)),
    )
    if (full) return this.#wait(call, full.allowance.unit)
    call.state = 'OPEN'
    call.outputTokens = output
    call.holds = applying.map(({ window }) => ({ window, held: holdIn(window, asks, output) }))
    for (const { window, held } of call.holds) window.held += held
  }

  #wait(call: ModelCall, unit: AllowanceUnit): void {
    if (call.leaving) call.state = 'CANCELLED'
    else if (this.#now[call.replica]! - call.arrivedAt < longestWaitMs)
      this.#guests[call.replica]!.push(call)
    else call.state = unit === 'TICKS' ? 'BUDGET_BUSY' : 'QUOTA_EXCEEDED'
  }

  #askAgain(replica: ReplicaIndex): void {
    for (const call of this.#guests[replica]!.splice(0)) this.#ask(call)
  }

  #end({ call: index, used, price }: ModelEnd): void {
    const call = this.calls[index]!
    if (call.state === 'ENDED') return
    if (call.state === 'LOST')
      this.#charge(call, { used: holdOf(call), price: call.asks.price, sign: -1n })
    else for (const { window, held } of call.holds) window.held -= held
    this.#charge(call, { used, price })
    call.state = 'ENDED'
  }

  #charge(
    call: ModelCall,
    { used, price, sign = 1n }: { used: Used; price: PriceName; sign?: bigint },
  ): void {
    call.cost = costOf(used, price)
    for (const { window, held } of call.holds) {
      const amount = amountIn(window.unit, used, call.cost)
      window.spent += sign * amount
      if (amount > held) window.overage += sign * (amount - held)
    }
  }
}

/** The most that a call can use. */
const holdOf = ({ asks, outputTokens }: ModelCall) => ({
  inputTokens: asks.inputTokens,
  outputTokens,
})

function currentWindow({ unit, windows }: ModelAllowance): ModelWindow {
  const last = windows.at(-1)
  if (last && !last.ended) return last
  const window = { unit, spent: 0n, held: 0n, overage: 0n, ended: false }
  windows.push(window)
  return window
}

function holdIn({ unit }: ModelWindow, { inputTokens, price }: Begin, outputTokens: number) {
  if (unit === 'CONCURRENT_REQUESTS') return 1n
  const used = { inputTokens, outputTokens }
  return amountIn(unit, used, costOf(used, price))
}
