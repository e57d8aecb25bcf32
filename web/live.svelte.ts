import { type AnyVariables, type OperationResult, type TypedDocumentNode } from '@urql/core'
import { client } from './client.ts'
import { clock } from './clock.svelte.ts'
import { type Failure, failureOf } from './failure.ts'
import { session } from './session.svelte.ts'
import { socket } from './socket.svelte.ts'

/** A query's answer as state. While the next answer loads, the last one stays, and `loading` says so. */
export interface LiveQuery<Data> {
  readonly data: Data | undefined
  readonly failure: Failure | null
  readonly loading: boolean
  /** What is shown answers another question than the one that is asked now. */
  readonly stale: boolean
  /** Asks again now. */
  refresh(): void
}

/**
 * A query that follows its variables for as long as the component lives.
 *
 * @param variables Read reactively; null means that there is nothing to ask, and drops the answer.
 * @param everyMs Asks again at this pace, read reactively, while the page is seen and `paused` is false.
 */
export function liveQuery<Data, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: () => Variables | null,
  {
    everyMs = 0,
    paused = () => false,
  }: { everyMs?: number | (() => number); paused?: () => boolean } = {},
): LiveQuery<Data> {
  let data = $state.raw<Data>()
  let failure = $state.raw<Failure | null>(null)
  let loading = $state(true)
  let asked = 0
  let answered = $state('')

  // Compared as text: a new object with the same values is not a new question.
  const question = $derived(JSON.stringify(variables()))

  function receive(result: OperationResult<Data, Variables>, to: string): void {
    if (result.data !== undefined && result.data !== null) {
      data = result.data
      answered = to
    }
    failure = result.error ? failureOf(result.error) : null
    if (failure?.unauthorized) session.refuse()
    loading = result.stale
  }

  function ask(requestPolicy: 'cache-and-network' | 'network-only'): () => void {
    const text = question
    const parsed: Variables | null = JSON.parse(text)
    if (parsed === null) {
      data = undefined
      failure = null
      loading = false
      return () => {}
    }
    const mine = (asked += 1)
    loading = true
    const { unsubscribe } = client
      .query(document, parsed, { requestPolicy })
      .subscribe((result) => {
        if (mine === asked) receive(result, text)
      })
    return unsubscribe
  }

  let again = $state(0)
  $effect(() => {
    return ask(again + socket.returns === 0 ? 'cache-and-network' : 'network-only')
  })
  $effect(() => {
    const pace = typeof everyMs === 'number' ? everyMs : everyMs()
    if (pace === 0 || paused() || !clock.seen) return
    const timer = setInterval(() => (again += 1), pace)
    return () => clearInterval(timer)
  })

  return {
    get data() {
      return data
    },
    get failure() {
      return failure
    },
    get loading() {
      return loading
    },
    get stale() {
      return data !== undefined && answered !== question
    },
    refresh: () => (again += 1),
  }
}

/**
 * A subscription that follows its variables for as long as the component lives.
 *
 * @param variables Read reactively; null means that nothing is subscribed.
 */
export function liveSubscription<Data, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: () => Variables | null,
  next: (data: Data) => void,
): { readonly failure: string | null } {
  let failure = $state<string | null>(null)
  const question = $derived(JSON.stringify(variables()))
  $effect(() => {
    const parsed: Variables | null = JSON.parse(question)
    if (parsed === null) return
    failure = null
    return socket.subscribe(document, parsed, { next, fail: (message) => (failure = message) })
  })
  return {
    get failure() {
      return failure
    },
  }
}
