import { AnswerDraft } from '#domain/answer-draft.ts'
import type { ChatEvent } from '#domain/chat.ts'
import { asGatewayError, GatewayError } from '#domain/errors.ts'
import type { AttemptOpening, RequestRecord } from '#domain/request-record.ts'
import { type Call, callerGone, type CallRequest, type Reply } from './call.ts'
import type { Gateway } from './complete.ts'
import type { CompletionEvent, CompletionNews } from './completion-event.ts'
import { CompletionLog } from './completion-log.ts'
import type { Clock } from './ports.ts'
import { attemptRecord } from './records.ts'

/** The most that one completion's events may take. */
const maxBytes = 8 * 1024 * 1024

interface LiveOptions {
  readonly gateway: Gateway
  readonly clock: Clock
  readonly graceMs: number
  /** Whether the provider waits for listeners who are slow. @default false */
  readonly waitsForListeners?: boolean | undefined
}

export interface Listening {
  /** The last seq that the listener saw; -1 for all. */
  readonly afterSeq?: number
  /**
   * Asked when the listener leaves before the end: whether that means that nobody wants the answer any more. Otherwise
   * the completion waits for a listener.
   */
  readonly leavesForGood?: () => boolean
}

/** A completion that runs by itself, whoever listens. */
export class LiveCompletion {
  readonly request: CallRequest
  /** How long it runs on without a listener, in milliseconds. */
  readonly graceMs: number
  /**
   * Resolves when the call waits in the queue or a provider works for it.
   *
   * @throws {GatewayError} When it was refused before.
   */
  readonly opened: Promise<void>
  /** Monotonic milliseconds since when nobody has been listening; undefined while somebody is. */
  aloneSince: number | undefined
  /** Monotonic milliseconds. */
  endedAt: number | undefined
  /** Whether a listener has read the last event. */
  heardToTheEnd = false
  readonly #log: CompletionLog
  readonly #clock: Clock
  readonly #waitsForListeners: boolean
  readonly #call: Call
  readonly #draft = new AnswerDraft()
  readonly #opening = Promise.withResolvers<void>()
  #listeners = 0
  /** The index of the attempt that started last. */
  #started = 0
  #failed = false
  #record: RequestRecord | undefined

  constructor(
    request: CallRequest,
    { gateway, clock, graceMs, waitsForListeners = false }: LiveOptions,
  ) {
    this.request = request
    this.graceMs = graceMs
    this.#clock = clock
    this.#waitsForListeners = waitsForListeners
    this.#log = new CompletionLog(request.id)
    this.aloneSince = clock.now()
    this.opened = this.#opening.promise
    this.opened.catch(() => {})
    this.#call = gateway.open({
      ...request,
      watcher: {
        queued: (position) => {
          this.#append({ type: 'queued', position })
          this.#opening.resolve()
        },
        attemptStarted: (attempt) => {
          this.#attemptStarted(attempt)
          this.#opening.resolve()
        },
        ended: (record) => {
          this.#record = record
        },
      },
    })
    this.#call.cancellation.onCancel(() => this.#log.goOn())
    void this.#run(gateway)
  }

  /** The call's; from `opened` on that of the first call under its idempotency key, whose answer this is. */
  get id(): string {
    return this.#log.completionId
  }

  get bytes(): number {
    return this.#log.bytes
  }

  /** Whether it ended without an answer. */
  get failed(): boolean {
    return this.#failed
  }

  get listeners(): number {
    return this.#listeners
  }

  /** Why nobody wants it any more. */
  get cancelled(): boolean {
    return this.#call.cancellation.reason !== undefined
  }

  cancel(reason: GatewayError = callerGone()): void {
    if (this.endedAt === undefined) this.#call.cancellation.cancel(reason)
  }

  /** All events behind `afterSeq`, as they come; ends behind the last one. */
  listen({ afterSeq = -1, leavesForGood }: Listening = {}): AsyncIterableIterator<
    CompletionEvent,
    undefined
  > {
    this.#listeners++
    this.aloneSince = undefined
    return this.#log.read(afterSeq, ({ complete }) => {
      this.#listeners--
      if (complete) this.heardToTheEnd = true
      if (this.#listeners > 0) return
      this.#log.goOn()
      this.aloneSince = this.#clock.now()
      if (!complete && leavesForGood?.()) this.cancel()
    })
  }

  async #run(gateway: Gateway): Promise<void> {
    try {
      const answer = await gateway.run(this.#call)
      if (answer.isReplay) this.#takeOver(answer)
      for await (const chunk of answer.chunks) {
        for (const event of chunk.events) this.#add(event)
        await this.#roomForMore()
      }
      if (!this.#record) throw new Error(`call ${this.id} ended without a record`)
      this.#append({
        type: 'finished',
        completion: { ...this.#draft.content(), record: this.#record },
      })
    } catch (thrown) {
      const error = asGatewayError(thrown)
      this.#failed = true
      this.#log.completionId = error.details.replayOf ?? this.id
      const attempts = this.#record?.attempts ?? []
      this.#append({ type: 'failed', error, partialText: this.#draft.text, attempts })
      this.#opening.reject(error)
    } finally {
      this.#opening.resolve()
      this.endedAt = this.#clock.now()
      this.#log.close()
    }
  }

  /** Lets the provider wait for a listener who is slow. */
  #roomForMore(): Promise<void> | undefined {
    const { reason } = this.#call.cancellation
    return this.#waitsForListeners && this.#listeners > 0 && !reason ? this.#log.room : undefined
  }

  #takeOver({ attempt: { target }, call }: Reply): void {
    this.#log.completionId = call.id
    const { name: providerName } = target.adapter.config
    this.#append({ type: 'started', providerName, model: target.model })
    this.#opening.resolve()
  }

  /** Tells of the targets that were asked or passed over before; not of one that is asked again. */
  #attemptStarted({ index, providerName, model }: AttemptOpening): void {
    const before = this.#call.attempts.slice(this.#started, index)
    this.#started = index
    for (const attempt of before) {
      const failed = attemptRecord(attempt)
      if (failed.providerName === providerName && failed.model === model) continue
      this.#append({ type: 'fell-back', failed, nextProviderName: providerName })
    }
    this.#append({ type: 'started', providerName, model })
  }

  #add(event: ChatEvent): void {
    this.#draft.add(event)
    if (event.type === 'text' || event.type === 'reasoning') {
      this.#append({ type: event.type, text: event.text })
    } else if (event.type === 'tool-call') {
      const { index, id, name, argumentsDelta } = event
      this.#append({ type: 'tool-call', index, id: id ?? null, name: name ?? null, argumentsDelta })
    }
    if (this.bytes <= maxBytes) return
    const size = maxBytes / 1024 / 1024
    this.cancel(
      new GatewayError(
        'OVERLOADED',
        `The answer is larger than the ${size} MiB that are kept for listeners: ask for less, or by REST, which keeps nothing.`,
      ),
    )
  }

  #append(news: CompletionNews): void {
    this.#log.append(news, this.#clock.epochMs())
  }
}
