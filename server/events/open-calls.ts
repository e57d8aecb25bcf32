import type { AttemptOpening, RequestOpening } from '#domain/request-record.ts'
import { belongsTo, type LiveScope, type Scoped } from './live-scope.ts'

/** What a provider has to do now. */
export interface ProviderLoad {
  readonly inFlight: number
  readonly queued: number
}

/** Calls under way in a scope. */
export interface Running {
  inFlight: number
  queued: number
  readonly byProvider: Map<string, number>
}

interface OpenCall extends Omit<Scoped, 'providerNames'> {
  model: string
  providerNames: string[]
  state: 'OPENING' | 'QUEUED' | 'RUNNING'
}

const noLoad: ProviderLoad = { inFlight: 0, queued: 0 }

/** Calls that have begun and not ended. */
export class OpenCalls {
  readonly #calls = new Map<string, OpenCall>()
  readonly #loads = new Map<string, { inFlight: number; queued: number }>()

  started({ id, tenantId, projectId, apiKeyId, endUser, clientIp }: RequestOpening): void {
    this.#calls.set(id, {
      tenantId,
      projectId,
      apiKeyId,
      endUser,
      clientIp,
      model: '',
      providerNames: [],
      state: 'OPENING',
    })
  }

  queued(id: string, providerName: string): void {
    this.#enter(id, { state: 'QUEUED', providerName })
  }

  attempted(id: string, { providerName, model }: AttemptOpening): void {
    this.#enter(id, { state: 'RUNNING', providerName, model })
  }

  ended(id: string): void {
    const call = this.#calls.get(id)
    if (!call) return
    this.#add(call, -1)
    this.#calls.delete(id)
  }

  loadOf(providerName: string): ProviderLoad {
    return this.#loads.get(providerName) ?? noLoad
  }

  /** Counts those of a scope, simulated ones apart. */
  countIn(
    scope: LiveScope,
    isSimulated: (providerName: string) => boolean,
  ): { real: Running; simulated: Running } {
    const counts = { real: nothing(), simulated: nothing() }
    for (const call of this.#calls.values()) {
      const provider = call.providerNames.at(-1)
      if (provider === undefined || !belongsTo(scope, call)) continue
      const count = counts[isSimulated(provider) ? 'simulated' : 'real']
      if (call.state === 'QUEUED') count.queued++
      else {
        count.inFlight++
        count.byProvider.set(provider, (count.byProvider.get(provider) ?? 0) + 1)
      }
    }
    return counts
  }

  #enter(
    id: string,
    {
      state,
      providerName,
      model = '',
    }: { state: 'QUEUED' | 'RUNNING'; providerName: string; model?: string },
  ): void {
    const call = this.#calls.get(id)
    if (!call) return
    this.#add(call, -1)
    call.state = state
    call.model = model
    call.providerNames.push(providerName)
    this.#add(call, 1)
  }

  #add({ state, providerNames }: OpenCall, by: 1 | -1): void {
    const provider = providerNames.at(-1)
    if (provider === undefined || state === 'OPENING') return
    const load = this.#loads.get(provider) ?? { inFlight: 0, queued: 0 }
    load[state === 'QUEUED' ? 'queued' : 'inFlight'] += by
    this.#loads.set(provider, load)
  }
}

const nothing = (): Running => ({ inFlight: 0, queued: 0, byProvider: new Map() })
