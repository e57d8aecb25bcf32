import { changedParams, pageAt, type ParamChanges } from './address.ts'

/** The address bar as state: all that a view depends on is in it, so back works and a link is a view. */
class Router {
  path = $state(location.pathname)
  search = $state(location.search)
  readonly page = $derived(pageAt(this.path))
  readonly params = $derived(new URLSearchParams(this.search))

  constructor() {
    addEventListener('popstate', () => this.#read())
  }

  param(name: string): string | null {
    return this.params.get(name)
  }

  all(name: string): readonly string[] {
    return this.params.getAll(name)
  }

  /** Goes to an address of the dashboard. */
  go(href: string): void {
    history.pushState(null, '', href)
    this.#read()
    scrollTo(0, 0)
  }

  /** Changes the query string: a step back is possible, unless `replace` says that the change is not worth one. */
  change(changes: ParamChanges, { replace = false } = {}): void {
    const href = this.path + changedParams(this.search, changes)
    if (replace) history.replaceState(null, '', href)
    else history.pushState(null, '', href)
    this.#read()
  }

  #read(): void {
    this.path = location.pathname
    this.search = location.search
  }
}

export const router = new Router()
