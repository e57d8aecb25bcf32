import { ViewerDocument, type ViewerQuery } from '#web/graphql/documents.ts'
import { liveQuery, type LiveQuery } from './live.svelte.ts'

/** What somebody may do, by the server's own words. */
export type ViewerScope =
  | 'read'
  | 'complete'
  | 'manage-budgets'
  | 'manage-keys'
  | 'manage-config'
  | 'admin'

/** Who looks at the page, and what they may do. */
class ViewerFacts {
  #query = $state.raw<LiveQuery<ViewerQuery>>()
  /** Undefined until the server has said it. */
  readonly facts = $derived(this.#query?.data?.viewer)

  /** For the shell only: it lives as long as the component that calls it. */
  follow(): void {
    this.#query = liveQuery(ViewerDocument, () => ({}))
  }

  may(scope: ViewerScope): boolean {
    const scopes = this.facts?.scopes ?? []
    return scopes.includes(scope) || scopes.includes('admin')
  }
}

export const viewer = new ViewerFacts()
