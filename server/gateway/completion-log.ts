import type { CompletionEvent, CompletionNews } from './completion-event.ts'

/** What an entry takes beside its text, in bytes. */
const entryBytes = 128
/** Deltas that nobody has read yet grow up to this size, so that slow readers get few large ones. */
const largestDelta = 8192
/** How many characters may wait for the foremost reader before whoever writes should wait as well. */
const mostUnread = 16_384

interface Waiter {
  readonly seq: number
  readonly resolve: (result: IteratorResult<CompletionEvent, undefined>) => void
}

/**
 * All that has happened to one completion, in order, kept from its first event on. Nothing is dropped: a delta that
 * follows one that nobody has read yet is added to it instead, so an event never changes once it has been handed out.
 */
export class CompletionLog {
  /** Settled before the first event. */
  completionId: string
  readonly #events: CompletionEvent[] = []
  readonly #waiters = new Set<Waiter>()
  /** The highest seq that was handed out to anybody. */
  #handedOut = -1
  #bytes = 0
  #unread = 0
  #hasRoom: (() => void) | undefined
  #closed = false

  constructor(completionId: string) {
    this.completionId = completionId
  }

  /** About what the log takes in memory. */
  get bytes(): number {
    return this.#bytes
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Resolves when readers have caught up, or when `goOn` was called; undefined while they are not far behind. */
  get room(): Promise<void> | undefined {
    if (this.#unread <= mostUnread) return undefined
    return new Promise((resolve) => (this.#hasRoom = resolve))
  }

  /** Ends the wait for readers. */
  goOn(): void {
    this.#hasRoom?.()
    this.#hasRoom = undefined
  }

  /** @param at Epoch milliseconds. */
  append(news: CompletionNews, at: number): void {
    const { length } = textOf(news)
    this.#bytes += length
    this.#unread += length
    const last = this.#events.at(-1)
    const merged = last && last.seq > this.#handedOut ? merge(last, news) : undefined
    if (merged) {
      this.#events[this.#events.length - 1] = merged
      return
    }
    this.#bytes += entryBytes
    this.#events.push({ ...news, completionId: this.completionId, seq: this.#events.length, at })
    for (const waiter of this.#waiters) this.#wake(waiter)
  }

  /** Nothing follows any more: readers end after the last event. */
  close(): void {
    this.#closed = true
    for (const waiter of this.#waiters) this.#wake(waiter)
  }

  /**
   * Reads on behind `afterSeq`: what is there at once, the rest as it comes, then the end.
   *
   * @param onEnd Called once, when the reader stops or has read everything; `read` tells whether it had come to the end.
   */
  read(
    afterSeq: number,
    onEnd: (how: { complete: boolean }) => void,
  ): AsyncIterableIterator<CompletionEvent, undefined> {
    let seq = Math.max(-1, afterSeq) + 1
    let ended = false
    let waiter: Waiter | undefined
    const end = (complete: boolean) => {
      if (ended) return
      ended = true
      onEnd({ complete })
    }
    const stop = async (): Promise<IteratorResult<CompletionEvent, undefined>> => {
      end(false)
      if (waiter) {
        this.#waiters.delete(waiter)
        waiter.resolve({ done: true, value: undefined })
      }
      return { done: true, value: undefined }
    }
    return {
      next: async () => {
        if (ended) return { done: true, value: undefined }
        const at = seq++
        const ready = this.#at(at)
        if (ready) {
          if (ready.done) end(true)
          return ready
        }
        const { promise, resolve } =
          Promise.withResolvers<IteratorResult<CompletionEvent, undefined>>()
        waiter = { seq: at, resolve }
        this.#waiters.add(waiter)
        const result = await promise
        waiter = undefined
        if (result.done) end(true)
        return result
      },
      return: stop,
      throw: stop,
      [Symbol.asyncIterator]() {
        return this
      },
    }
  }

  #at(seq: number): IteratorResult<CompletionEvent, undefined> | undefined {
    const event = this.#events[seq]
    if (event) {
      this.#handOut(seq)
      return { done: false, value: event }
    }
    return this.#closed ? { done: true, value: undefined } : undefined
  }

  #handOut(seq: number): void {
    for (; this.#handedOut < seq; this.#handedOut++) {
      const event = this.#events[this.#handedOut + 1]
      if (event) this.#unread -= textOf(event).length
    }
    if (this.#unread <= mostUnread / 2) this.goOn()
  }

  #wake(waiter: Waiter): void {
    const result = this.#at(waiter.seq)
    if (!result) return
    this.#waiters.delete(waiter)
    waiter.resolve(result)
  }
}

function textOf(news: CompletionNews): string {
  switch (news.type) {
    case 'text':
    case 'reasoning':
      return news.text
    case 'tool-call':
      return news.argumentsDelta
    case 'failed':
      return news.partialText
    case 'finished':
      return news.completion.text
    case 'queued':
    case 'started':
    case 'fell-back':
      return ''
  }
}

function merge(last: CompletionEvent, news: CompletionNews): CompletionEvent | undefined {
  if (last.type === 'tool-call' && news.type === 'tool-call') {
    const goesOn = last.index === news.index && news.id === null && news.name === null
    if (!goesOn || last.argumentsDelta.length > largestDelta) return undefined
    return { ...last, argumentsDelta: last.argumentsDelta + news.argumentsDelta }
  }
  const isDelta = (last.type === 'text' || last.type === 'reasoning') && last.type === news.type
  if (!isDelta || last.text.length > largestDelta) return undefined
  return { ...last, text: last.text + news.text }
}
