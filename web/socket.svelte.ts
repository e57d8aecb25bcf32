import { type AnyVariables, stringifyDocument, type TypedDocumentNode } from '@urql/core'
import { createClient } from 'graphql-ws'
import { session } from './session.svelte.ts'

/** How the WebSocket stands. `waiting` tells when it tries again (epoch milliseconds). */
export type LinkState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  | { readonly kind: 'waiting'; readonly retryAt: number; readonly attempt: number }
  | { readonly kind: 'refused' }

export interface Sink<Data> {
  readonly next: (data: Data) => void
  /** The server ended the operation with an error. A lost socket is none: the operation goes on after reconnecting. */
  readonly fail?: (message: string) => void
  readonly end?: () => void
}

const firstWaitMs = 500
const longestWaitMs = 15_000
const pingMs = 10_000
const pongMs = 5_000

const closeCode = (cause: unknown) =>
  typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined

/** Half fixed, half chance, so that pages do not all come back in the same moment. */
const waitMs = (attempt: number) =>
  Math.min(firstWaitMs * 2 ** attempt, longestWaitMs) * (0.5 + Math.random() / 2)

/** The one WebSocket of the page: it reconnects by itself, for ever, and says what it does. */
class Socket {
  state = $state.raw<LinkState>({ kind: 'connecting' })
  /** When the server was last heard (epoch milliseconds). */
  heardAt = $state<number | null>(null)
  /** Counts returns after a loss: whoever reads it asks again for what the tails have missed. */
  returns = $state(0)
  #wasLive = false
  #wake = () => {}
  #pongDue: ReturnType<typeof setTimeout> | undefined

  readonly #client = createClient({
    url: () => `${location.origin.replace(/^http/, 'ws')}/graphql`,
    lazy: false,
    keepAlive: pingMs,
    retryAttempts: Number.POSITIVE_INFINITY,
    retryWait: (attempt) => this.#wait(attempt),
    // 4401 and 4403 want somebody to sign in, not another try.
    shouldRetry: (cause) => ![4401, 4403].includes(Number(closeCode(cause))),
    onNonLazyError: () => {},
    on: {
      connecting: () => (this.state = { kind: 'connecting' }),
      connected: () => {
        this.state = { kind: 'live' }
        this.heardAt = Date.now()
        if (this.#wasLive) this.returns += 1
        this.#wasLive = true
      },
      message: () => (this.heardAt = Date.now()),
      ping: (received) => {
        if (!received) this.#pongDue = setTimeout(() => this.#client.terminate(), pongMs)
      },
      pong: (received) => {
        if (received) clearTimeout(this.#pongDue)
      },
      closed: (cause) => this.#closed(cause),
    },
  })

  constructor() {
    addEventListener('online', () => this.retryNow())
  }

  /** Ends the wait for the next try. */
  retryNow(): void {
    this.#wake()
  }

  /**
   * Starts a subscription that outlives lost connections: it is sent again after each.
   *
   * @param variables Read again at every (re)connect, so a getter in it tells where to resume.
   * @returns Ends the subscription.
   */
  subscribe<Data, Variables extends AnyVariables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
    sink: Sink<Data>,
  ): () => void {
    const query = stringifyDocument(document)
    return this.#client.subscribe<Data>(
      { query, variables: variables as Record<string, unknown> },
      {
        next: ({ data, errors }) => {
          if (errors?.[0]) sink.fail?.(errors[0].message)
          else if (data) sink.next(data)
        },
        error: (cause) => sink.fail?.(errorText(cause)),
        complete: () => sink.end?.(),
      },
    )
  }

  async #wait(attempt: number): Promise<void> {
    const ms = waitMs(attempt)
    this.state = { kind: 'waiting', retryAt: Date.now() + ms, attempt }
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      setTimeout(resolve, ms)
    })
  }

  #closed(cause: unknown): void {
    clearTimeout(this.#pongDue)
    if (![4401, 4403].includes(Number(closeCode(cause)))) {
      // A failed try may be told after the wait for the next one has begun.
      if (this.state.kind === 'live') this.state = { kind: 'connecting' }
      return
    }
    this.state = { kind: 'refused' }
    session.refuse()
  }
}

function errorText(cause: unknown): string {
  if (Array.isArray(cause) && cause[0] instanceof Object && 'message' in cause[0])
    return String(cause[0].message)
  if (cause instanceof Error) return cause.message
  return 'The live connection was refused.'
}

export const socket = new Socket()
