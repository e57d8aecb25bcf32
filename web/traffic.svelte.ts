import { TrafficDocument, type TrafficQuery } from '#web/graphql/documents.ts'
import { liveQuery, type LiveQuery } from './live.svelte.ts'
import { router } from './router.svelte.ts'

const everyMs = 5000
const lookedBack = { relative: { from: 'now-30d', to: 'now' } }

/**
 * Whether the page shows real or simulated traffic, which never mix. As long as there is nothing but simulated traffic,
 * that is shown; the visitor's own choice is in the address and wins.
 */
class Traffic {
  #query = $state.raw<LiveQuery<TrafficQuery>>()
  readonly #choice = $derived(router.param('sim'))
  readonly hasReal = $derived((this.#query?.data?.real.edges.length ?? 0) > 0)
  readonly hasSimulated = $derived((this.#query?.data?.simulated.edges.length ?? 0) > 0)
  readonly simulated = $derived(
    this.#choice === null ? !this.hasReal && this.hasSimulated : this.#choice === '1',
  )
  /** Nothing has ever arrived. */
  readonly none = $derived(this.#query?.data !== undefined && !this.hasReal && !this.hasSimulated)

  /** For the shell only: it lives as long as the component that calls it. */
  follow(): void {
    this.#query = liveQuery(TrafficDocument, () => ({ time: lookedBack }), {
      everyMs,
      paused: () => this.hasReal && this.hasSimulated,
    })
  }

  /** The server has said what there is. */
  readonly settled = $derived(this.#query?.data !== undefined)
  /** It is decided what to show. Pages wait for it, so that they do not ask twice. */
  readonly known = $derived(this.#choice !== null || this.settled || this.#query?.failure !== null)

  refresh(): void {
    this.#query?.refresh()
  }

  choose(simulated: boolean): void {
    router.change({ sim: simulated ? '1' : '0', after: null, before: null, open: null })
  }
}

export const traffic = new Traffic()
