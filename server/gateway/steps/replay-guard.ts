import { asGatewayError, GatewayError } from '#domain/errors.ts'
import { requestIdentity } from '#domain/request-identity.ts'
import type { Attempts } from '../attempts.ts'
import type { Answer, Call, Idempotency, Reply } from '../call.ts'
import { lostReply } from '../kept-reply.ts'
import type { Handler } from '../pipeline.ts'
import type { CallObserver, CallRecords, Clock, Replies, ReplyName } from '../ports.ts'
import { SharedReply } from '../shared-reply.ts'
import { record } from './record.ts'

interface GuardPorts {
  readonly attempts: Attempts
  readonly replies: Replies
  readonly records: CallRecords
  readonly observer: CallObserver
  readonly clock: Clock
}

/** Runs calls that have an idempotency key once; the others pass by it. */
export interface ReplayGuard {
  readonly run: Handler<Call, Reply>
  /** Cancels the calls that run on for nobody; resolves when they are settled. */
  stop(): Promise<void>
}

/** An answer that is on its way in this process. */
interface Pending {
  readonly reply: SharedReply
  /** Resolves when it is known who runs the call: whether it runs now. */
  readonly claimed: Promise<boolean>
  readonly over: Promise<void>
}

/** How long a call waits for the answer of another replica. */
const longestWaitMs = 600_000
/** What all answers on their way may take in memory before new ones are refused. */
const maxBytes = 256 * 1024 * 1024

/**
 * Gives all who use one idempotency key the same answer, and runs it once over all replicas. It stands outside
 * `record`: an answer that is given again is no second request, and is in no total. What the guard refuses is recorded.
 */
export function replayGuard(ports: GuardPorts, next: Handler<Call, Answer>): ReplayGuard {
  const { clock, replies } = ports
  const pending = new Map<string, Pending>()

  const runHere = async (reply: SharedReply, name: ReplyName): Promise<void> => {
    let isKept = false
    try {
      reply.runsHere = true
      const answer = await next(reply.call)
      reply.opened(answer)
      for await (const chunk of answer.chunks) {
        if (chunk.end) {
          await replies.keep(name, reply.kept({ last: chunk }))
          isKept = true
        }
        await reply.add(chunk)
      }
      reply.end()
    } catch (thrown) {
      if (isKept) return reply.end()
      const error = asGatewayError(thrown)
      if (reply.wasFree) {
        await replies.free(name)
        return reply.end(error)
      }
      const kept = reply.kept({ error })
      await replies.keep(name, kept)
      reply.end(error, kept)
    }
  }

  /** @param claimed Told whether the call runs now, here or elsewhere. */
  const settle = async (
    reply: SharedReply,
    { name, claimed }: { name: ReplyName; claimed: (runs: boolean) => void },
  ): Promise<void> => {
    for (const until = clock.now() + longestWaitMs; ;) {
      const claim = await replies.claim(name)
      claimed(claim.state === 'MINE' || claim.state === 'RUNNING')
      if (claim.state === 'MINE') return runHere(reply, name)
      if (claim.state === 'KEPT') return reply.replay(claim.reply)
      if (claim.state === 'LOST') return reply.replay(lostReply(claim.requestId))
      if (clock.now() >= until) throw stillRunning()
      await replies.changed(name, reply.call.cancellation)
      const { reason } = reply.call.cancellation
      if (reason) throw reason
    }
  }

  const start = (call: Call, name: ReplyName, identity: string): Pending => {
    const reply = new SharedReply(call, clock)
    const { promise: claimed, resolve } = Promise.withResolvers<boolean>()
    const over = settle(reply, { name, claimed: resolve })
      .catch((thrown: unknown) => reply.refuse(asGatewayError(thrown)))
      .finally(() => {
        pending.delete(identity)
        resolve(false)
      })
    const begun = { reply, claimed, over }
    pending.set(identity, begun)
    return begun
  }

  const refuse = (call: Call, error: GatewayError): Promise<never> => {
    const refused = record(ports)(async () => {
      throw error
    })
    return refused(call) as Promise<never>
  }

  const once = async (call: Call, { key, noWait }: Idempotency): Promise<Reply> => {
    const { tenantId, apiKeyId } = call.viewer
    const identity = JSON.stringify([tenantId, apiKeyId, key, requestIdentity(call)])
    let found = pending.get(identity)
    // What has been cancelled is asked for anew: its key may be free again.
    for (; found?.reply.call.cancellation.reason; found = pending.get(identity)) await found.over
    if (!found && bytesOf(pending.values()) > maxBytes) return refuse(call, full())
    const { id: requestId, request, routing } = call
    const name = { tenantId, apiKeyId, key, request, routing, requestId }
    const { reply, claimed } = found ?? start(call, name, identity)
    if (noWait && (await claimed) && !reply.isOver && (found || !reply.runsHere)) {
      if (!found) reply.stopIfAlone()
      return refuse(call, stillRunning())
    }
    try {
      return await reply.read(call)
    } catch (thrown) {
      const { refusal } = reply
      const isOwnWish = thrown === call.cancellation.reason
      if (refusal && thrown === refusal && !isOwnWish) return refuse(call, refusal)
      throw thrown
    }
  }

  return {
    run: (call) => (call.idempotency ? once(call, call.idempotency) : next(call)),
    async stop() {
      const alone = [...pending.values()].filter(({ reply }) => reply.stop())
      await Promise.all(alone.map(({ over }) => over))
    },
  }
}

function bytesOf(pending: Iterable<Pending>): number {
  let bytes = 0
  for (const { reply } of pending) bytes += reply.bytes
  return bytes
}

function full(): GatewayError {
  return new GatewayError(
    'OVERLOADED',
    'Too many answers under idempotency keys are on their way; try again later.',
    { retryAfterMs: 1000 },
  )
}

function stillRunning(): GatewayError {
  return new GatewayError(
    'CONFLICT',
    'The first call under this idempotency key is still running; ask again later with the same key.',
    { retryAfterMs: 1000 },
  )
}
