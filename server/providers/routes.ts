import type { CallRoute } from '#domain/call-route.ts'
import {
  holdsFor,
  type RouteCondition,
  type RoutedCall as ConditionedCall,
} from '#domain/route-condition.ts'
import type { RouteChoice, RouteConfig, RouteTarget } from '#domain/route-config.ts'
import type { ModelRequest } from '#domain/chat.ts'
import type { ErrorCode } from '#domain/errors.ts'
import { type RouteBook, routeOf } from '#domain/route.ts'
import type { ProviderAdapter } from './adapter.ts'
import type { Catalogue } from './catalogue.ts'
import type { PriceBook } from './price-book.ts'
import { createTargetMaker, type RoutedTarget } from './routed-target.ts'
import { type ActiveProviders, ollamaOf, type ProviderSet } from './provider-set.ts'

/** What a call is routed by. */
export interface RoutedCall extends ConditionedCall {
  readonly request: Pick<ModelRequest, 'model' | 'text'>
}

/** The gateway's port for routing. */
export interface ProviderRoutes {
  /** @throws {GatewayError} INVALID_REQUEST or MODEL_NOT_FOUND. */
  route(call: RoutedCall): CallRoute<RoutedTarget>
  readonly version: number
}

/** Names that are remembered. */
const mostNames = 1000
/** How long a decision is remembered: a price may come into force meanwhile. */
const rememberedMs = 10_000
/** Routes calls to the providers in force. Decisions are remembered by name until anything that they rest on changes. */
export function createRoutes(
  active: ActiveProviders,
  {
    catalogue,
    prices,
    clock,
  }: {
    catalogue: Pick<Catalogue, 'has' | 'listed' | 'reachable' | 'revision'>
    prices: PriceBook
    clock: { epochMs(): number }
  },
): ProviderRoutes {
  const remembered = new Map<string, Remembered>()
  let set: ProviderSet | undefined
  let revision = -1
  let priceRevision = -1
  let book: RouteBook | undefined

  const targetOf = createTargetMaker({ catalogue, prices, clock })

  const plainTarget = (name: string): RoutedTarget => {
    book ??= bookOf(active.current, catalogue)
    return targetOf(routeOf(name, book), active.current)
  }

  /** A target as its route has it. */
  const routeTarget = ({ name, ...own }: RouteTarget): RoutedTarget => {
    const target = plainTarget(name)
    return {
      ...target,
      weight: own.weight ?? target.weight,
      takesPrefix: own.takesPrefix ?? target.takesPrefix,
      timeouts: own.timeouts ?? target.timeouts,
      resilience: own.resilience ?? target.resilience,
      scope: own.scope,
    }
  }

  const configuredRoute = (
    route: RouteConfig,
    { strategy, targets }: RouteChoice,
  ): CallRoute<RoutedTarget> => ({
    name: route.name,
    strategy,
    targets: targets.map(routeTarget),
    larger: route.larger.map(routeTarget),
    fallBackOn: new Set(route.fallBackOn),
    recovery: route.recovery,
    streamGuard: route.streamGuard,
  })

  const resolved = (asked: string): Omit<Remembered, 'until'> => {
    const { aliases = {}, routes = [] } = active.current.config
    const plain = plainName(asked)
    const name = Object.hasOwn(aliases, plain) ? (aliases[plain] ?? plain) : plain
    const route = routes.find((each) => each.name === name)
    if (!route) return { rules: [], route: lone(name, plainTarget(name)) }
    return {
      route: configuredRoute(route, route),
      rules: route.rules.map((rule, index) => ({
        when: rule.when,
        route: { ...configuredRoute(route, rule), name: `${route.name} rule ${index + 1}` },
      })),
    }
  }

  return {
    route(call) {
      const { model } = call.request
      const { current } = active
      const isOutdated =
        current !== set || catalogue.revision !== revision || prices.revision !== priceRevision
      if (isOutdated) {
        remembered.clear()
        set = current
        revision = catalogue.revision
        priceRevision = prices.revision
        book = undefined
      }
      const now = clock.epochMs()
      let known = remembered.get(model)
      if (!known || known.until <= now) {
        known = { ...resolved(model), until: now + rememberedMs }
        const oldest = remembered.size >= mostNames ? remembered.keys().next().value : undefined
        if (oldest !== undefined) remembered.delete(oldest)
        remembered.set(model, known)
      }
      const rule = known.rules.find(({ when }) => holdsFor(when, call))
      return rule?.route ?? known.route
    },
    get version() {
      return active.current.config.version
    },
  }
}

/** What a name stands for. */
interface Remembered {
  /** The first whose condition holds comes before `route`. */
  readonly rules: readonly {
    readonly when: RouteCondition
    readonly route: CallRoute<RoutedTarget>
  }[]
  readonly route: CallRoute<RoutedTarget>
  readonly until: number
}

/** As the configuration writes its names, if it can be one of them: in NFC, without spaces and colons. */
function plainName(asked: string): string {
  return asked.length > 512 || asked.includes(':') ? asked : asked.trim().normalize('NFC')
}

/** The route of a name that stands for one target. */
function lone(name: string, target: RoutedTarget): CallRoute<RoutedTarget> {
  return {
    name,
    strategy: 'PRIORITY',
    targets: [target],
    larger: [],
    fallBackOn: nothingMore,
    recovery: target.adapter.config.legacy ? 'FAIL' : undefined,
    streamGuard: 'NONE',
  }
}

const nothingMore: ReadonlySet<ErrorCode> = new Set()

/** The simulator is asked by its name only, so that nobody is answered by it by accident. */
const neverByBareName: ReadonlySet<string> = new Set(['SIMULATOR', 'OLLAMA', 'AGENT', 'RAG'])

function bookOf(set: ProviderSet, catalogue: Pick<Catalogue, 'has' | 'reachable'>): RouteBook {
  const { config, configured, builtIn } = set
  const all = [...configured.values()]
  const namesOf = (adapters: readonly ProviderAdapter[]) =>
    adapters.map((adapter) => adapter.config.name)
  return {
    legacy: config.legacy,
    providers: namesOf(all),
    bareNames: namesOf(all.filter((adapter) => !neverByBareName.has(adapter.config.kind))),
    ollamas: namesOf(all.filter((adapter) => adapter.config.kind === 'OLLAMA')),
    ollamaMayAnswer: catalogue.reachable(ollamaOf(set)) !== false,
    lists(provider, model) {
      const adapter =
        configured.get(provider) ?? (provider === 'ollama' ? builtIn.ollama : undefined)
      return adapter !== undefined && catalogue.has(adapter, model)
    },
  }
}
