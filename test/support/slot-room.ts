import type { Priority } from '#domain/request-record.ts'
import { type Call, openCall } from '#gateway/call.ts'
import { freeSlot } from '#gateway/take-slot.ts'
import { createSlotQueue, type SlotQueueOptions } from '#gateway/slots.ts'
import { answerOf, callRequest, FakeClock, scriptedAdapter } from './fake-gateway.ts'

export interface Wish {
  readonly priority?: Priority
  readonly provider?: string
  /** Of the provider. */
  readonly max?: number
}

/** A queue, and what became of the calls that asked it for a slot. */
export function slotRoom(max: number, options: Partial<SlotQueueOptions> = {}) {
  const clock = new FakeClock()
  const slots = createSlotQueue(max, { clock, ...options })
  const order: string[] = []
  const refused = new Map<string, string>()

  const enter = (id: string, { priority = 'NORMAL', provider = 'free', max: own }: Wish = {}) => {
    const told: number[] = []
    const watcher = { queued: (position: number) => told.push(position) }
    const call: Call = {
      ...openCall({ ...callRequest({ id }), watcher }, { now: 0, epochMs: 0, configVersion: 1 }),
      priority,
    }
    const config = { name: provider, ...(own && { maxConcurrency: own }) }
    const adapter = scriptedAdapter(async () => answerOf((async function* () {})()), config)
    call.targets = [{ adapter, model: 'm', price: undefined, maxOutputTokens: 1, simulated: false }]
    const slot = slots.acquire(call)
    const entered = (close?: () => void) => {
      if (close) call.slot = close
      order.push(id)
    }
    if (slot) slot.then(entered, (error: { code: string }) => refused.set(id, error.code))
    else entered()
    return { call, told, leave: () => freeSlot(call) }
  }
  return { clock, slots, order, refused, enter }
}

/** Resolves when every call has heard what became of it. */
export const settled = () => new Promise(setImmediate)
