import { holds, type Viewer } from '#domain/access.ts'
import { GatewayError } from '#domain/errors.ts'
import { type CallRequest, callerGone } from './call.ts'
import type { Gateway } from './complete.ts'
import { LiveCompletion } from './live-completion.ts'
import type { Clock } from './ports.ts'

/** How long a completion runs on without a listener, and how long its events stay after its end. */
const waitForListenerMs = 60_000
/** How long a stream runs on whose socket was lost. */
export const waitForSocketMs = 10_000
const sweepMs = 1000
/** An operation id of that many characters is taken to be unique in the world, not counted from 1 by each client. */
const uniqueLength = 16

export interface StartOptions {
  /** How long it runs on without a listener. @default waitForListenerMs */
  readonly graceMs?: number
  /** Whether it belongs to who listens, so that the provider waits for a slow one. @default false */
  readonly waitsForListeners?: boolean
  /**
   * What the client calls the operation; the same id again, from the same viewer with the same input, finds the
   * completion whose socket was lost.
   */
  readonly operationId?: string | null
}

/** Completions that outlive a socket. */
export interface LiveCompletions {
  /** How many have not ended. */
  readonly running: number
  /**
   * Starts a completion, or finds the one that this was started as before: nothing is then called or charged twice.
   * Under an idempotency key it is found while it runs and for a minute after; what is not found here, and whether the
   * key was used otherwise, the gateway knows.
   *
   * @throws {GatewayError} OVERLOADED when too much is kept already.
   */
  start(request: CallRequest, options?: StartOptions): LiveCompletion
  /** @throws {GatewayError} NOT_FOUND: unknown, over for a minute, or not the viewer's to follow. */
  find(id: string, viewer: Viewer): LiveCompletion
  /** Cancels a completion; one that has ended stays as it is. @throws {GatewayError} NOT_FOUND. */
  cancel(id: string, viewer: Viewer): void
  /** Forgets one that was refused before anybody knew of it. */
  forget(live: LiveCompletion): void
}

export interface LiveCompletionsOptions {
  readonly gateway: Gateway
  readonly clock: Clock
  /** How many are kept at once. @default 5000 */
  readonly maxCount?: number
  /** How much their events may take in all before new ones are refused. @default 128 MiB */
  readonly maxBytes?: number
}

export function createLiveCompletions({
  gateway,
  clock,
  maxCount = 5000,
  maxBytes = 128 * 1024 * 1024,
}: LiveCompletionsOptions): LiveCompletions {
  const lives = new Map<string, LiveCompletion>()
  /** By idempotency key and by operation id. */
  const named = new Map<string, LiveCompletion>()
  const namesOf = new WeakMap<LiveCompletion, Names>()
  let stopSweep: (() => void) | undefined
  let keptBytes = 0

  const forget = (live: LiveCompletion) => {
    lives.delete(live.id)
    lives.delete(live.request.id)
    for (const name of Object.values(namesOf.get(live) ?? {}))
      if (named.get(name) === live) named.delete(name)
  }

  /** Keeps it under the id of the call whose answer it turned out to give again. */
  const rename = (live: LiveCompletion) => {
    if (live.id !== live.request.id && lives.delete(live.request.id)) lives.set(live.id, live)
  }

  const sweep = () => {
    const now = clock.now()
    keptBytes = 0
    for (const live of lives.values()) {
      if (isOver(live, now)) forget(live)
      else keptBytes += live.bytes
      if (isAbandoned(live, now)) live.cancel(abandoned(live.graceMs))
    }
    if (lives.size > 0) return
    stopSweep?.()
    stopSweep = undefined
  }

  const begunBefore = (
    request: CallRequest,
    { key, operation, isUnique }: Names & { isUnique: boolean },
  ): LiveCompletion | undefined => {
    const byKey = key === undefined ? undefined : named.get(key)
    if (byKey && !byKey.cancelled && !byKey.failed && sameInput(byKey.request, request))
      return byKey
    const byOperation = operation === undefined ? undefined : named.get(operation)
    if (!byOperation || byOperation.cancelled || byOperation.heardToTheEnd) return undefined
    const mayAttach = byOperation.listeners === 0 || isUnique
    return mayAttach && sameInput(byOperation.request, request) ? byOperation : undefined
  }

  return {
    get running() {
      let running = 0
      for (const live of lives.values()) if (live.endedAt === undefined) running++
      return running
    },
    start(request, options = {}) {
      const names = identities(request, options)
      const isUnique = (options.operationId?.length ?? 0) >= uniqueLength
      const begun = begunBefore(request, { ...names, isUnique })
      if (begun) return begun
      if (lives.size >= maxCount || keptBytes >= maxBytes) {
        throw new GatewayError(
          'OVERLOADED',
          `${lives.size} live completions are kept already; try again later.`,
          {
            retryAfterMs: 1000,
          },
        )
      }
      const live = new LiveCompletion(request, {
        gateway,
        clock,
        graceMs: options.graceMs ?? waitForListenerMs,
        waitsForListeners: options.waitsForListeners,
      })
      lives.set(live.id, live)
      namesOf.set(live, names)
      for (const name of Object.values(names)) named.set(name, live)
      stopSweep ??= clock.every(sweepMs, sweep)
      const renamed = () => rename(live)
      void live.opened.then(renamed, renamed)
      return live
    },
    find(id, viewer) {
      const live = lives.get(id)
      if (live && mayFollow(viewer, live.request.viewer)) return live
      throw new GatewayError(
        'NOT_FOUND',
        `There is no live completion ${id}: it never was, or ended over a minute ago.`,
      )
    },
    cancel(id, viewer) {
      this.find(id, viewer).cancel(new GatewayError('CANCELLED', 'The completion was cancelled.'))
    },
    forget,
  }
}

interface Names {
  readonly key?: string
  readonly operation?: string
}

function identities(
  { idempotency, viewer: { apiKeyId, tenantId } }: CallRequest,
  { operationId }: StartOptions,
): Names {
  const owner = `${tenantId} ${apiKeyId ?? ''}`
  return {
    ...(idempotency && { key: `${owner} key ${idempotency.key}` }),
    ...(operationId && { operation: `${owner} operation ${operationId}` }),
  }
}

function sameInput(one: CallRequest, other: CallRequest): boolean {
  return one.request.model === other.request.model && one.request.text === other.request.text
}

function isOver({ endedAt }: LiveCompletion, now: number): boolean {
  return endedAt !== undefined && now - endedAt >= waitForListenerMs
}

function isAbandoned({ endedAt, aloneSince, graceMs }: LiveCompletion, now: number): boolean {
  return endedAt === undefined && aloneSince !== undefined && now - aloneSince >= graceMs
}

function abandoned(graceMs: number): GatewayError {
  return new GatewayError(
    'CANCELLED',
    `Nobody has listened for ${graceMs / 1000} s, so the completion was cancelled.`,
    {
      cause: callerGone(),
    },
  )
}

/** A completion is its key's own, and its tenant's administrators'. */
function mayFollow(viewer: Viewer, owner: Viewer): boolean {
  if (viewer.tenantId !== owner.tenantId) return false
  const isOutside = viewer.projectId !== null && viewer.projectId !== owner.projectId
  return viewer.apiKeyId === owner.apiKeyId || (holds(viewer, 'admin') && !isOutside)
}
