/** Where the dashboard lives; the server gives the same page for every path below it. */
const home = '/dashboard'

export type PageName =
  | 'overview'
  | 'requests'
  | 'errors'
  | 'providers'
  | 'budgets'
  | 'keys'
  | 'playground'
  | 'system'

const pageNames: readonly PageName[] = [
  'overview',
  'requests',
  'errors',
  'providers',
  'budgets',
  'keys',
  'playground',
  'system',
]

/** Parameters that every page obeys and every link between pages keeps. */
const common = ['from', 'to', 'tz', 'sim', 'live']

/** Changes of the query string; null takes a parameter away. */
export type ParamChanges = Readonly<Record<string, string | readonly string[] | null>>

/** A query string with changes made to it. */
export function changedParams(search: string, changes: ParamChanges): string {
  const params = new URLSearchParams(search)
  for (const [name, value] of Object.entries(changes)) {
    params.delete(name)
    if (typeof value === 'string') params.set(name, value)
    else for (const one of value ?? []) params.append(name, one)
  }
  const text = params.toString()
  return text === '' ? '' : `?${text}`
}

/** The address of a page, with what all pages share kept from `search`. */
export function pageHref(page: PageName, search: string): string {
  const now = new URLSearchParams(search)
  const kept = new URLSearchParams([...now].filter(([name]) => common.includes(name))).toString()
  const path = page === 'overview' ? home : `${home}/${page}`
  return kept === '' ? path : `${path}?${kept}`
}

/** The page that a path names; null when it names none. */
export function pageAt(path: string): PageName | null {
  const name = path.replace(/^\/dashboard\/?/, '').replace(/\/$/, '') || 'overview'
  return pageNames.find((page) => page === name) ?? null
}
