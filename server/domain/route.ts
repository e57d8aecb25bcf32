import { GatewayError } from './errors.ts'
import { type ModelName, parseModelName, unknownProvider } from './model-name.ts'

/** Where a call goes: a configured provider, or one of those that are always there. */
export interface Route {
  readonly to: 'AGENT' | 'RAG' | 'OLLAMA' | 'PROVIDER'
  /** The provider's name, which is its prefix. */
  readonly provider: string
  /** The provider's own name for the model. */
  readonly model: string
}

/** What is known when a route is decided. */
export interface RouteBook {
  /** A v0.7.2 file is in use. */
  readonly legacy: boolean
  /** Names of the configured providers, in order. */
  readonly providers: readonly string[]
  /** Those that a name without a prefix is looked up at, in order. */
  readonly bareNames: readonly string[]
  /** Those that are Ollamas, in order. */
  readonly ollamas: readonly string[]
  /** Whether the Ollama behind the prefix `ollama` may answer: false once it is known that it cannot be reached. */
  readonly ollamaMayAnswer: boolean
  /** Whether a provider, or the Ollama that is always there, lists that model. */
  lists(provider: string, model: string): boolean
}

const fallback = 'ollama'

/**
 * Decides who serves a model.
 *
 * With a prefix: `agent`, `rag`, the configured provider of that name, the Ollama that is always there. Where nobody
 * has that prefix, the whole name may be a model of an Ollama, whose names have colons themselves; without a v0.7.2
 * file, a model of anybody. Without a prefix: Ollama with a v0.7.2 file, else whoever lists that name, and Ollama last.
 *
 * @param asked As the caller names the model.
 * @throws {GatewayError} INVALID_REQUEST for what is no name, and with a v0.7.2 file for an unknown prefix;
 *   MODEL_NOT_FOUND otherwise. Both with v0.7.2's detail.
 */
export function routeOf(asked: string, book: RouteBook): Route {
  const name = parseModelName(asked)
  if (name.prefix === undefined) return bareRoute(name.model, book)
  return (
    prefixRoute({ ...name, prefix: name.prefix }, book) ??
    wholeNameRoute({ ...name, prefix: name.prefix }, book)
  )
}

type Prefixed = ModelName & { readonly prefix: string }

function prefixRoute({ prefix, model }: Prefixed, { providers }: RouteBook): Route | undefined {
  if (prefix === 'agent') return { to: 'AGENT', provider: prefix, model }
  if (prefix === 'rag') return { to: 'RAG', provider: prefix, model }
  if (providers.includes(prefix)) return { to: 'PROVIDER', provider: prefix, model }
  return prefix === fallback ? { to: 'OLLAMA', provider: prefix, model } : undefined
}

/** The prefix belongs to nobody: `llama3:8b`, or `vendor/model:free`. */
function wholeNameRoute(name: Prefixed, book: RouteBook): Route {
  const model = `${name.prefix}:${name.model}`
  const lister = [fallback, ...book.ollamas].find((provider) => book.lists(provider, model))
  if (lister !== undefined) return ollamaRoute(lister, { model, book })
  const offerer = book.legacy
    ? undefined
    : book.bareNames.find((provider) => book.lists(provider, model))
  if (offerer !== undefined) return { to: 'PROVIDER', provider: offerer, model }
  const { message, details } = unknownProvider(name, book.providers)
  throw new GatewayError(book.legacy ? 'INVALID_REQUEST' : 'MODEL_NOT_FOUND', message, {
    ...details,
    model,
  })
}

function bareRoute(model: string, book: RouteBook): Route {
  if (book.legacy) return ollamaRoute(fallback, { model, book })
  const offerer = book.bareNames.find((provider) => book.lists(provider, model))
  if (offerer !== undefined) return { to: 'PROVIDER', provider: offerer, model }
  if (!book.ollamaMayAnswer) throw offeredByNobody(model, book.providers)
  return ollamaRoute(fallback, { model, book })
}

function ollamaRoute(provider: string, { model, book }: { model: string; book: RouteBook }): Route {
  return { to: book.providers.includes(provider) ? 'PROVIDER' : 'OLLAMA', provider, model }
}

function offeredByNobody(model: string, providers: readonly string[]): GatewayError {
  const suggestion =
    'Put its provider before it, for example openai:gpt-4.1-mini; GET /v1/models lists what there is.'
  const message = `No provider lists a model called "${model}", and Ollama cannot be reached. ${suggestion}`
  return new GatewayError('MODEL_NOT_FOUND', message, {
    model,
    issues: [{ path: ['model'], message }],
    legacyDetail: {
      error: `no provider lists a model called "${model}"`,
      model,
      available_providers: providers.toSorted(),
      suggestion,
    },
  })
}
