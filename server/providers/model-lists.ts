import { Cancellation } from '#domain/cancellation.ts'
import { asGatewayError, GatewayError } from '#domain/errors.ts'
import type { ListedModel, ProviderAdapter } from './adapter.ts'

/** The longest that anybody waits for a provider's list. */
const longestMs = 5000
/** After the first failure; it doubles with each further one, up to the time that a good list is kept. */
const retryMs = 5000

export interface ModelListClock {
  /** Monotonic milliseconds. */
  now(): number
  every(ms: number, tick: () => void): () => void
}

/** One provider's list, as it was last told. */
export interface ModelList {
  /** The last good one; undefined before the first. */
  readonly models: ReadonlyMap<string, ListedModel> | undefined
  /** Whether the provider answered last; null while nobody knows. */
  readonly reachable: boolean | null
}

/** How a provider took being asked for its list. */
export interface Listing {
  /** Undefined: it answered. */
  readonly error: GatewayError | undefined
  /** How long it took, in milliseconds. */
  readonly latencyMs: number
}

interface Entry extends ModelList {
  readonly triedAt: number | undefined
  readonly failures: number
  readonly dueAt: number
}

const unknown: Entry = {
  models: undefined,
  reachable: null,
  triedAt: undefined,
  failures: 0,
  dueAt: 0,
}

/**
 * Keeps the lists of models of all providers. They are fetched in parallel, one round at a time; a provider that fails
 * keeps its last good list and is asked again sooner.
 */
export class ModelLists {
  readonly #adapters: () => readonly ProviderAdapter[]
  readonly #clock: ModelListClock
  readonly #ttlMs: number
  readonly #entries = new Map<string, Entry>()
  readonly #listed: ((adapter: ProviderAdapter, listing: Listing) => void) | undefined
  #round: Promise<void> | undefined
  /** Rises with every change of what is known. */
  revision = 0
  /** When the last round ended; undefined before the first. */
  refreshedAt: number | undefined

  constructor(
    adapters: () => readonly ProviderAdapter[],
    {
      clock,
      ttlMs,
      listed,
    }: {
      clock: ModelListClock
      ttlMs: number
      /** Told of every provider that was asked. */
      listed?: (adapter: ProviderAdapter, listing: Listing) => void
    },
  ) {
    this.#adapters = adapters
    this.#clock = clock
    this.#ttlMs = ttlMs
    this.#listed = listed
  }

  /** Fetches what is due, in the background, from now on. */
  start(): () => void {
    const tick = () => {
      if (this.#due().length > 0) void this.refresh()
    }
    tick()
    return this.#clock.every(1000, tick)
  }

  of(adapter: ProviderAdapter): ModelList {
    return this.#entry(adapter)
  }

  /** Whether all lists are younger than they may grow. A failure counts as one: nobody waits for it again. */
  get isFresh(): boolean {
    const oldest = this.#clock.now() - this.#ttlMs
    return this.#adapters().every((adapter) => {
      const { triedAt } = this.#entry(adapter)
      return triedAt !== undefined && triedAt > oldest
    })
  }

  /** Makes all lists old; the models in them stay until they are fetched anew. */
  invalidate(): void {
    for (const [key, entry] of this.#entries)
      this.#entries.set(key, { ...entry, triedAt: undefined, dueAt: 0 })
    const current = new Set(this.#adapters().map(keyOf))
    for (const key of this.#entries.keys()) if (!current.has(key)) this.#entries.delete(key)
    this.revision++
  }

  /** Fetches what is due. Whoever comes while a round is under way waits for that one, then for what it left out. */
  async refresh(): Promise<void> {
    if (this.#round) await this.#round
    this.#round ??= this.#fetchAll(this.#due()).finally(() => {
      this.#round = undefined
    })
    await this.#round
  }

  /** Asks a provider for its list now, whatever the age of the one that is kept. */
  async check(adapter: ProviderAdapter): Promise<Listing> {
    return this.#fetch(adapter)
  }

  #due(): readonly ProviderAdapter[] {
    const now = this.#clock.now()
    return this.#adapters().filter((adapter) => this.#entry(adapter).dueAt <= now)
  }

  async #fetchAll(adapters: readonly ProviderAdapter[]): Promise<void> {
    await Promise.all(adapters.map((adapter) => this.#fetch(adapter)))
    if (adapters.length > 0) this.refreshedAt = this.#clock.now()
  }

  async #fetch(adapter: ProviderAdapter): Promise<Listing> {
    const askedAt = this.#clock.now()
    const { models, error } = await this.#ask(adapter)
    const before = this.#entry(adapter)
    const now = this.#clock.now()
    const failures = models ? 0 : before.failures + 1
    const patience = models
      ? this.#ttlMs
      : Math.min(retryMs * 2 ** (failures - 1), Math.max(this.#ttlMs, retryMs))
    this.#entries.set(keyOf(adapter), {
      models: models ?? before.models,
      reachable: models !== undefined,
      triedAt: now,
      failures,
      dueAt: now + patience,
    })
    this.revision++
    const listing = { error, latencyMs: now - askedAt }
    this.#listed?.(adapter, listing)
    return listing
  }

  async #ask(
    adapter: ProviderAdapter,
  ): Promise<{ models?: ReadonlyMap<string, ListedModel>; error: GatewayError | undefined }> {
    const cancellation = new Cancellation()
    const { promise: late, reject } = Promise.withResolvers<never>()
    const stop = this.#clock.every(longestMs, () => {
      const message = `${adapter.config.name} did not list its models in time.`
      const error = new GatewayError('PROVIDER_TIMEOUT', message)
      cancellation.cancel(error)
      reject(error)
    })
    try {
      const models = await Promise.race([adapter.models(cancellation), late])
      return { models: new Map(models.map((model) => [model.id, model])), error: undefined }
    } catch (thrown) {
      return { error: asGatewayError(thrown) }
    } finally {
      stop()
    }
  }

  #entry(adapter: ProviderAdapter): Entry {
    return this.#entries.get(keyOf(adapter)) ?? unknown
  }
}

/** A provider whose address stays the same keeps its list when the configuration changes. */
function keyOf({ config }: ProviderAdapter): string {
  const { name, kind, baseUrl, modelsPath, apiKeyEnv } = config
  return JSON.stringify([name, kind, baseUrl, modelsPath, apiKeyEnv])
}
