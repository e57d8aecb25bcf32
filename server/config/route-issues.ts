import { closestTo } from '#domain/closest-name.ts'
import { type RouteEntry, targetEntries } from './route-entry.ts'
import type { FileIssue, YamlText } from './yaml-text.ts'

/** The names of a file, and what they stand for. */
export interface NamedRoutes {
  readonly aliases: Readonly<Record<string, string>>
  readonly routes: Readonly<Record<string, RouteEntry>>
  /** All that there are. */
  readonly providers: readonly string[]
}

/** What names of aliases and routes contradict: each other, or what there is. */
export function routeIssues(named: NamedRoutes, yaml: YamlText): readonly FileIssue[] {
  const { aliases, routes } = named
  const issue = (path: readonly string[], message: string): FileIssue => ({
    path,
    message,
    ...yaml.position(path),
  })
  const twice = Object.keys(routes)
    .filter((name) => Object.hasOwn(aliases, name))
    .map((name) => issue(['aliases', name], 'is the name of a route, too'))
  const ofAliases = Object.keys(aliases).flatMap((name) => {
    const fault = aliasFault(name, named)
    return fault === undefined ? [] : issue(['aliases', name], fault)
  })
  const ofRoutes = Object.entries(routes).flatMap(([route, entry]) => {
    const seen = new Set<string>()
    return targetEntries(entry).flatMap(({ at, list, name }) => {
      const end = followed(name, aliases) ?? name
      const key = `${list} ${end}`
      const fault = seen.has(key) ? `stands twice: ${end}` : targetFault(name, named)
      seen.add(key)
      return fault === undefined ? [] : issue(['routes', route, ...at], fault)
    })
  })
  return [...twice, ...ofAliases, ...ofRoutes]
}

/** What a name stands for when all aliases are followed; undefined where they lead in a circle. */
export function followed(
  name: string,
  aliases: Readonly<Record<string, string>>,
): string | undefined {
  const seen = new Set<string>()
  let at = name
  while (Object.hasOwn(aliases, at)) {
    if (seen.has(at)) return undefined
    seen.add(at)
    at = aliases[at] ?? at
  }
  return at
}

function aliasFault(name: string, named: NamedRoutes): string | undefined {
  const end = followed(name, named.aliases)
  if (end === undefined) return 'leads in a circle'
  return Object.hasOwn(named.routes, end) ? undefined : modelFault(end, named)
}

function targetFault(name: string, named: NamedRoutes): string | undefined {
  const end = followed(name, named.aliases)
  if (end === undefined) return undefined
  if (Object.hasOwn(named.routes, end)) return `is a route itself: ${end}; name its targets`
  return modelFault(end, named)
}

function modelFault(name: string, { aliases, routes, providers }: NamedRoutes): string | undefined {
  const colon = name.indexOf(':')
  if (colon < 0) {
    const closest = closestTo(name, [...Object.keys(aliases), ...Object.keys(routes)])
    const hint = closest === undefined ? '' : `, or did you mean ${closest}?`
    return `expected provider:model, found ${name}${hint}`
  }
  const provider = name.slice(0, colon)
  if (name.length === colon + 1) return `names no model of ${provider}`
  if (providers.includes(provider)) return undefined
  const closest = closestTo(provider, providers)
  return `no provider is called ${provider}${closest === undefined ? '' : `; did you mean ${closest}?`}`
}
