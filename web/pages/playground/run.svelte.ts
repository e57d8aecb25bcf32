import type { mutate } from '#web/client.ts'
import {
  CancelCompletionDocument,
  CompletionEventsDocument,
  type CompletionEventsSubscription,
  type CompletionInput,
  StartCompletionDocument,
} from '#web/graphql/documents.ts'
import type { socket } from '#web/socket.svelte.ts'

export type CompletionEvent = CompletionEventsSubscription['completionEvents']
export type Finished = Extract<CompletionEvent, { __typename: 'CompletionFinished' }>['completion']

export interface RunFailure {
  readonly message: string
  readonly code: string
  readonly requestId: string | null
}

/** Where a run stands; each state carries what is known in it. */
export type RunState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'queued'; readonly position: number }
  | { readonly kind: 'streaming' }
  | { readonly kind: 'done'; readonly completion: Finished }
  | { readonly kind: 'failed'; readonly failure: RunFailure }

/** What happened on the way, in words. */
function fellBack({
  failed: { error, model, providerName },
  nextProviderName,
}: Extract<CompletionEvent, { __typename: 'CompletionFellBack' }>): string {
  const reason = error ? `: ${error.message}` : '.'
  return `Fell back from ${providerName} (${model}) to ${nextProviderName}${reason}`
}

/** How a run reaches the server. */
export interface RunDoor {
  readonly mutate: typeof mutate
  readonly subscribe: typeof socket.subscribe
}

/**
 * One completion, followed event by event. It belongs to nobody's connection: after a lost socket, and after a reload of
 * the page, it is taken up behind the last event that was seen, and nothing is asked of the provider twice.
 */
export class Run {
  state = $state.raw<RunState>({ kind: 'idle' })
  text = $state('')
  reasoning = $state('')
  /** Who answers, as `provider · model`. */
  served = $state('')
  /** What happened on the way: fallbacks, in words. */
  notes = $state.raw<readonly string[]>([])
  completionId = $state<string | null>(null)
  /** Instants of the server's clock, in epoch milliseconds. */
  startedAt = $state<number | null>(null)
  firstTokenAt = $state<number | null>(null)
  lastAt = $state<number | null>(null)
  /** Text events so far: close to the number of tokens, until the usage is known. */
  pieces = $state(0)

  readonly #door: RunDoor
  #lastSeq = -1
  #leave = () => {}

  constructor(door: RunDoor) {
    this.#door = door
  }

  get running(): boolean {
    return ['starting', 'queued', 'streaming'].includes(this.state.kind)
  }

  /** Starts a completion. @returns Its id; null when it was refused. */
  async start(input: CompletionInput): Promise<string | null> {
    this.#clear()
    this.state = { kind: 'starting' }
    const outcome = await this.#door.mutate(StartCompletionDocument, { input })
    if (!outcome.ok) {
      const { message, requestId } = outcome.failure
      this.#fail({ message, requestId, code: 'INTERNAL' })
      return null
    }
    const result = outcome.data.startCompletion
    if (result.__typename !== 'StartCompletionSuccess') {
      const issues =
        result.__typename === 'ValidationError'
          ? result.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
          : []
      this.#fail({ ...result, message: [result.message, ...issues].join('\n') })
      return null
    }
    this.follow(result.completionId)
    return result.completionId
  }

  /** Takes up a completion that runs, or ended less than a minute ago. */
  follow(completionId: string): void {
    if (this.completionId === completionId) return
    this.#clear()
    this.completionId = completionId
    this.state = { kind: 'streaming' }
    const seen = () => this.#lastSeq
    // Read at every connect, so that a lost socket resumes behind what has been seen.
    const variables = {
      completionId,
      get afterSeq() {
        return seen()
      },
    }
    this.#leave = this.#door.subscribe(CompletionEventsDocument, variables, {
      next: ({ completionEvents }) => this.#receive(completionEvents),
      fail: (message) => this.#fail({ message, code: 'NOT_FOUND', requestId: null }),
    })
  }

  async stop(): Promise<void> {
    const { completionId } = this
    if (completionId) await this.#door.mutate(CancelCompletionDocument, { completionId })
  }

  /** Stops listening; the completion itself runs on. */
  leave(): void {
    this.#leave()
    this.#leave = () => {}
  }

  #receive(event: CompletionEvent): void {
    if (event.seq <= this.#lastSeq) return
    this.#lastSeq = event.seq
    const at = Date.parse(event.at)
    this.startedAt ??= at
    this.lastAt = at
    switch (event.__typename) {
      case 'CompletionQueued':
        this.state = { kind: 'queued', position: event.position }
        break
      case 'CompletionStarted':
        this.served = `${event.providerName} · ${event.model}`
        this.state = { kind: 'streaming' }
        break
      case 'CompletionTextDelta':
        this.firstTokenAt ??= at
        this.text += event.text
        this.pieces += 1
        break
      case 'CompletionReasoningDelta':
        this.firstTokenAt ??= at
        this.reasoning += event.text
        this.pieces += 1
        break
      case 'CompletionToolCallDelta':
        this.text += event.name ? `\n${event.name} ${event.argumentsDelta}` : event.argumentsDelta
        break
      case 'CompletionFellBack':
        this.notes = [...this.notes, fellBack(event)]
        break
      case 'CompletionFinished':
        this.state = { kind: 'done', completion: event.completion }
        this.leave()
        break
      case 'CompletionFailed':
        this.#fail(event.error)
        break
    }
  }

  #fail(failure: RunFailure): void {
    this.state = { kind: 'failed', failure }
    this.leave()
  }

  #clear(): void {
    this.leave()
    this.#lastSeq = -1
    this.completionId = null
    this.text = ''
    this.reasoning = ''
    this.served = ''
    this.notes = []
    this.startedAt = null
    this.firstTokenAt = null
    this.lastAt = null
    this.pieces = 0
  }
}
