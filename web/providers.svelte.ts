import type { Failure } from './failure.ts'
import {
  type ProviderFactsFragment,
  ProvidersDocument,
  type ProvidersQuery,
} from '#web/graphql/documents.ts'
import { liveQuery, type LiveQuery } from './live.svelte.ts'
import { liveSwitch } from './live-switch.svelte.ts'
import { router } from './router.svelte.ts'

/** Faster where one looks at them. */
const everyMs = () => (router.page === 'providers' ? 2000 : 5000)

/** The configured providers and how they are, asked for once for the whole page. */
class Providers {
  #query = $state.raw<LiveQuery<ProvidersQuery>>()
  readonly all = $derived<readonly ProviderFactsFragment[]>(this.#query?.data?.providers ?? [])
  readonly simulators = $derived(
    new Set(this.all.filter(({ simulated }) => simulated).map(({ name }) => name)),
  )

  /** For the shell only: it lives as long as the component that calls it. */
  follow(): void {
    this.#query = liveQuery(ProvidersDocument, () => ({}), {
      everyMs,
      paused: () => !liveSwitch.on,
    })
  }

  get known(): boolean {
    return this.#query?.data !== undefined
  }

  get failure(): Failure | null {
    return this.#query?.failure ?? null
  }

  refresh(): void {
    this.#query?.refresh()
  }
}

export const providers = new Providers()
