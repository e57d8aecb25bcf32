import type { CallRoute } from '#domain/call-route.ts'
import type { Chunk } from '#domain/chat.ts'
import { type ErrorCode, GatewayError, type GatewayErrorDetails } from '#domain/errors.ts'
import type { RateLimitRule } from '#domain/rate-limit.ts'
import type { RequestRecord } from '#domain/request-record.ts'
import { defaultResilience } from '#domain/resilience.ts'
import type { Call, CallRequest, Target } from '#gateway/call.ts'
import { createGateway } from '#gateway/complete.ts'
import type { Allowances } from '#gateway/ports.ts'
import { createSlotQueue } from '#gateway/slots.ts'
import { createTargetStates } from '#gateway/target-states.ts'
import { memoryCounters } from '#limits/memory-counters.ts'
import { createRateLimits } from '#limits/rate-limits.ts'
import type { ProviderRequest } from '#providers/adapter.ts'
import { routesTo } from './a-route.ts'
import {
  answerOf,
  callRequest,
  endChunk,
  FakeClock,
  MemoryRecords,
  noAllowances,
  scriptedAdapter,
  testPrice,
  textChunk,
} from './fake-gateway.ts'
import { MemoryReplies } from './memory-replies.ts'

/** What a provider does with one call: it fails at once, or says something, and may fail then. */
export type Play =
  | GatewayError
  | { readonly says: readonly string[]; readonly breaks?: GatewayError }

export const failing = (code: ErrorCode, details: GatewayErrorDetails = {}): GatewayError =>
  new GatewayError(code, `${code} happened.`, details)

/** A failure that the provider itself has told of: nothing is billed for it. */
export const refusing = (code: ErrorCode, status: number, details: GatewayErrorDetails = {}) =>
  failing(code, {
    upstream: { status, contentType: 'text/plain', body: new Uint8Array(), headers: {} },
    ...details,
  })

interface Troubled extends Partial<Target> {
  /** One play a call; the last one stays. */
  readonly plays: readonly Play[]
  readonly maxConcurrency?: number
}

/** The real gateway over providers `a`, `b`, ... that fail as they are told, with the new defaults and no chance. */
export function troubledGateway(
  providers: Readonly<Record<string, Troubled>>,
  {
    route = {},
    chance = () => 0,
    allowances = noAllowances,
    records = new MemoryRecords(),
    rateRules = [],
  }: {
    route?: Partial<CallRoute<Target>>
    chance?: () => number
    allowances?: Allowances
    records?: MemoryRecords
    rateRules?: readonly RateLimitRule[]
  } = {},
) {
  const clock = new FakeClock()
  const states = createTargetStates()
  const limits = createRateLimits({ clock, countersFor: memoryCounters(() => clock.now()) })
  limits.activate(rateRules)
  const asked: string[] = []
  const sent: ProviderRequest[] = []
  const targets = Object.entries(providers).map(
    ([name, { plays, maxConcurrency, ...over }]): Target => {
      let turn = 0
      const adapter = scriptedAdapter(
        async (call) => {
          asked.push(name)
          sent.push(call)
          call.onSent()
          const play = plays[Math.min(turn++, plays.length - 1)]
          if (!play) throw new TypeError(`${name} has nothing to play`)
          if (play instanceof GatewayError) throw play
          return answerOf(spoken(play))
        },
        { name, maxConcurrency },
      )
      return {
        adapter,
        model: 'm',
        price: testPrice,
        maxOutputTokens: 1000,
        simulated: false,
        resilience: defaultResilience,
        ...over,
      }
    },
  )
  const gateway = createGateway({
    replies: new MemoryReplies(),
    records,
    allowances,
    clock,
    limits,
    slots: createSlotQueue(0, { clock }),
    routes: routesTo(targets, route),
    observer: { callStarted: () => {}, attemptStarted: () => {}, callEnded: () => {} },
    states,
    chance,
  })

  let serial = 0
  const open = (over: Partial<CallRequest> = {}): Call => {
    const id = `019a0000-0000-7000-8000-${`${++serial}`.padStart(12, '0')}`
    return gateway.open({ ...callRequest({ id, model: 'a-route' }), ...over })
  }
  /** What a caller reads of a call: its text, and the code with which it ended badly. */
  const read = async (
    call: Call,
  ): Promise<{ text: string; code?: ErrorCode; message?: string }> => {
    let text = ''
    try {
      const { chunks } = await gateway.run(call)
      for await (const { events } of chunks)
        for (const event of events) if (event.type === 'text') text += event.text
      return { text }
    } catch (thrown) {
      const { code, message } = thrown as GatewayError
      return { text, code, message }
    }
  }
  const ask = (over: Partial<CallRequest> = {}) => read(open(over))
  const last = (): RequestRecord => records.ended.at(-1)!
  /** The attempts of the last call, as `provider STATUS`. */
  const attempts = () =>
    last().attempts.map(({ providerName, status }) => `${providerName} ${status}`)
  return { gateway, clock, records, states, targets, asked, sent, open, read, ask, last, attempts }
}

async function* spoken({ says, breaks }: Exclude<Play, GatewayError>): AsyncGenerator<Chunk> {
  for (const text of says) yield textChunk(text)
  if (breaks) throw breaks
  yield endChunk()
}
