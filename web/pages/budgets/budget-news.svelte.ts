import { untrack } from 'svelte'
import { BudgetEventsDocument, type BudgetRowFragment } from '#web/graphql/documents.ts'
import { liveSubscription } from '#web/live.svelte.ts'

/** Longer than a list that was asked for before the change is on its way. */
const aheadMs = 2000

interface Heard {
  readonly budget: BudgetRowFragment
  /** Epoch milliseconds. */
  readonly at: number
}

/** Budgets as the server tells that they have changed, ahead of the next answer of the list. */
export class BudgetNews {
  #heard = $state.raw<ReadonlyMap<string, Heard>>(new Map())
  readonly #subscription: { readonly failure: string | null }

  /**
   * @param follows Read reactively; false stops listening.
   * @param listed Read reactively: another value is another answer of the list, which knows all but the latest news.
   */
  constructor(follows: () => boolean, listed: () => unknown) {
    this.#subscription = liveSubscription(
      BudgetEventsDocument,
      () => (follows() ? {} : null),
      ({ events }) => {
        if (events.__typename !== 'BudgetChanged') return
        const { budget } = events
        this.#heard = new Map(this.#heard).set(budget.id, { budget, at: Date.now() })
      },
    )
    $effect(() => {
      void listed()
      this.#forget(Date.now() - aheadMs)
    })
  }

  /** Nothing is told: whoever shows budgets has to ask. */
  get failed(): boolean {
    return this.#subscription.failure !== null
  }

  /** A budget of the list as it was last heard of. */
  latest<Budget extends BudgetRowFragment>(budget: Budget): Budget {
    const heard = this.#heard.get(budget.id)?.budget
    return heard ? { ...budget, ...heard } : budget
  }

  #forget(before: number): void {
    const kept = untrack(() => [...this.#heard].filter(([, { at }]) => at >= before))
    this.#heard = new Map(kept)
  }
}
