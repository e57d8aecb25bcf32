import { Cancellation } from '#domain/cancellation.ts'
import { GatewayError } from '#domain/errors.ts'
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
  #round: Promise<void> | undefined
  /** Rises with every change of what is known. */
  revision = 0
  /** When the last round ended; undefined before the first. */
  refreshedAt: number | undefined

  constructor(
    adapters: () => readonly ProviderAdapter[],
    { clock, ttlMs }: { clock: ModelListClock; ttlMs: number },
  ) {
    this.#adapters = adapters
    this.#clock = clock
    this.#ttlMs = ttlMs
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

  #due(): readonly ProviderAdapter[] {
    const now = this.#clock.now()
    return this.#adapters().filter((adapter) => this.#entry(adapter).dueAt <= now)
  }

  async #fetchAll(adapters: readonly ProviderAdapter[]): Promise<void> {
    await Promise.all(adapters.map((adapter) => this.#fetch(adapter)))
    if (adapters.length > 0) this.refreshedAt = this.#clock.now()
  }

  async #fetch(adapter: ProviderAdapter): Promise<void> {
    const before = this.#entry(adapter)
    const models = await this.#listed(adapter)
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
  }

  /** Undefined when the provider failed, or let everybody wait. */
  async #listed(adapter: ProviderAdapter): Promise<ReadonlyMap<string, ListedModel> | undefined> {
    const cancellation = new Cancellation()
    const { promise: late, resolve } = Promise.withResolvers<undefined>()
    const stop = this.#clock.every(longestMs, () => {
      cancellation.cancel(
        new GatewayError(
          'PROVIDER_TIMEOUT',
          `${adapter.config.name} did not list its models in time.`,
        ),
      )
      resolve(undefined)
    })
    try {
      const models = await Promise.race([adapter.models(cancellation), late])
      return models && new Map(models.map((model) => [model.id, model]))
    } catch {
      return undefined
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
