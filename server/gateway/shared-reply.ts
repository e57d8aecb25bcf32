import { Cancellation } from '#domain/cancellation.ts'
import type { Chunk } from '#domain/chat.ts'
import { GatewayError } from '#domain/errors.ts'
import { AnswerSoFar } from './answer-so-far.ts'
import { type Answer, type Call, callerGone, type Reply } from './call.ts'
import type { ChunkLink } from './chunk-chain.ts'
import { type KeptReply, replayOf, tooLarge } from './kept-reply.ts'
import type { Clock } from './ports.ts'

interface Reader {
  readonly call: Call
  link: ChunkLink
  /** Why it has left. */
  gone: GatewayError | undefined
  forget: () => void
}

/**
 * One answer, for everybody who asks for it under one idempotency key: each reader gets the answer so far, then the
 * rest as it comes. The call that is run for it belongs to none of them: who leaves takes nothing from the others, and
 * when all have left it runs on for a while.
 */
export class SharedReply {
  /** The first caller's call, as it is run: with a cancellation of its own. */
  readonly call: Call
  /** Whether the call was this replica's to run. */
  runsHere = false
  /** Why the call was not run at all. */
  refusal: GatewayError | undefined
  readonly #leader: Call
  readonly #clock: Clock
  readonly #soFar: AnswerSoFar
  readonly #readers = new Set<Reader>()
  #answer: Answer | undefined
  #isStopping = false
  #stopGrace = () => {}

  constructor(leader: Call, clock: Clock) {
    const { id, watcher } = leader
    const soFar = new AnswerSoFar(id)
    this.#leader = leader
    this.#clock = clock
    this.#soFar = soFar
    this.call = {
      ...leader,
      cancellation: new Cancellation(),
      watcher: {
        queued: (position) => watcher?.queued?.(position),
        attemptStarted: (attempt) => watcher?.attemptStarted?.(attempt),
        ended: (record) => {
          soFar.record = record
        },
      },
    }
  }

  /** About what it takes in memory. */
  get bytes(): number {
    return this.#soFar.bytes
  }

  /** Whether nothing follows. */
  get isOver(): boolean {
    return this.#soFar.isOver
  }

  /** Whether the call has cost nothing so far. */
  get wasFree(): boolean {
    const { record } = this.#soFar
    return record ? record.usage === null : !this.call.attempts.some(({ sent }) => sent)
  }

  opened(answer: Answer): void {
    this.#answer = answer
    this.#leader.rateLimits = this.call.rateLimits
    this.#soFar.open(answer)
  }

  /** Hands a chunk out. Resolves when there is room for more. */
  async add(chunk: Chunk): Promise<void> {
    this.#soFar.append(chunk)
    while (!this.#soFar.first && this.#isBehind()) await this.#soFar.change
  }

  /** The answer with its last chunk or its failure, as it is to be kept. */
  kept(end: { last: Chunk } | { error: GatewayError }): KeptReply {
    return this.#soFar.kept(end)
  }

  /** @param kept Where the failure is kept: what whoever asks again is told. */
  end(error?: GatewayError, kept?: KeptReply): void {
    this.#stopGrace()
    this.#leader.rateLimits = this.call.rateLimits
    this.#soFar.end(error, kept)
  }

  refuse(error: GatewayError): void {
    this.refusal = error
    this.end(error)
  }

  /** Hands out what was kept before. */
  replay(kept: KeptReply): void {
    this.#soFar.replay(kept)
  }

  /**
   * @returns The answer when it has begun.
   * @throws {GatewayError} What it failed with before; the call's own reason when that is cancelled.
   */
  async read(call: Call): Promise<Reply> {
    const soFar = this.#soFar
    if (!soFar.first) throw tooLarge()
    this.#stopGrace()
    const reader: Reader = { call, link: soFar.first, gone: undefined, forget: () => {} }
    this.#readers.add(reader)
    reader.forget = call.cancellation.onCancel((reason) => this.#cancelled(reader, reason))
    while (!soFar.head && !soFar.isOver && !reader.gone) await soFar.change
    if (reader.gone) throw reader.gone
    if (!soFar.head) {
      this.#leave(reader, callerGone())
      throw this.#failure(reader) ?? new Error(`call ${soFar.requestId} ended before it began`)
    }
    const chunks = this.#read(reader)
    if (this.#answer && call === this.#leader) return { ...this.#answer, chunks }
    const { head, requestId } = soFar
    return replayOf({ head, requestId }, { chunks, request: call.request })
  }

  /** Cancels it if nobody waits for it. @returns Whether nobody does. */
  stopIfAlone(): boolean {
    const isAlone = this.#readers.size === 0
    if (isAlone) this.call.cancellation.cancel(abandoned(0))
    return isAlone
  }

  /** From now on it does not run on for nobody. @returns Whether that ends it. */
  stop(): boolean {
    this.#isStopping = true
    return this.stopIfAlone()
  }

  async *#read(reader: Reader): AsyncGenerator<Chunk, undefined> {
    const soFar = this.#soFar
    try {
      for (;;) {
        if (reader.gone) throw reader.gone
        const { chunk, next } = reader.link
        if (chunk && next) {
          reader.link = next
          if (!soFar.first) soFar.tell()
          if (chunk.end && soFar.record) reader.call.watcher?.ended?.(soFar.record)
          yield chunk
          continue
        }
        if (soFar.isOver) {
          const error = this.#failure(reader)
          if (error) throw error
          return undefined
        }
        await soFar.change
      }
    } finally {
      this.#leave(reader, callerGone())
    }
  }

  #failure({ call }: Reader): GatewayError | undefined {
    const error = this.#soFar.failure({ isFirst: call === this.#leader })
    if (error && this.#soFar.record) call.watcher?.ended?.(this.#soFar.record)
    return error
  }

  #cancelled(reader: Reader, reason: GatewayError): void {
    if (this.#readers.size === 1 && !this.#soFar.isOver && this.#graceMs(reader) === 0) {
      // It reads on, to see how the call is settled.
      this.call.cancellation.cancel(reason)
      return
    }
    reader.gone = reason
    this.#leave(reader, reason)
    this.#soFar.tell()
  }

  #leave(reader: Reader, reason: GatewayError): void {
    if (!this.#readers.delete(reader)) return
    reader.forget()
    if (!this.#soFar.first) this.#soFar.tell()
    if (this.#readers.size > 0 || this.#soFar.isOver) return
    const graceMs = this.#graceMs(reader)
    if (graceMs === 0) return this.call.cancellation.cancel(reason)
    this.#stopGrace()
    this.#stopGrace = this.#clock.every(graceMs, () => {
      this.#stopGrace()
      this.call.cancellation.cancel(abandoned(graceMs))
    })
  }

  /** What does not run here needs no grace. */
  #graceMs({ call }: Reader): number {
    return this.runsHere && !this.#isStopping ? (call.idempotency?.graceMs ?? 0) : 0
  }

  #isBehind(): boolean {
    for (const { link } of this.#readers) if (link !== this.#soFar.last) return true
    return false
  }
}

function abandoned(graceMs: number): GatewayError {
  const since = graceMs === 0 ? 'waits for the answer' : `has waited for it for ${graceMs / 1000} s`
  const message = `Nobody ${since}, so the call under the idempotency key was cancelled.`
  return new GatewayError('CANCELLED', message)
}
