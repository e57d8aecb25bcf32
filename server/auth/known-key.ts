import { scopesOf } from '#domain/access-role.ts'
import { defaultTenantId, type Viewer } from '#domain/access.ts'
import type { StoredKey } from '#domain/api-key.ts'
import { covers } from '#domain/model-pattern.ts'

/** A key's row as it was read, with its deadlines on this process' clock: monotonic milliseconds. */
export class KnownKey {
  readonly row: StoredKey
  /** Whoever shows the secret in force. */
  readonly viewer: Viewer
  /** Whoever shows the one before it. */
  readonly previousViewer: Viewer
  /** Infinity: never. */
  readonly expiresAt: number
  /** Until when the secret before works. */
  readonly previousUntil: number

  constructor(row: StoredKey, now: number) {
    this.row = row
    this.viewer = viewerOf(row)
    this.previousViewer = { ...this.viewer }
    const { publicId } = row
    entryOf.set(this.viewer, { publicId, secret: row.secretHash })
    entryOf.set(this.previousViewer, { publicId, secret: row.previousSecretHash })
    this.expiresAt = row.expiresInMs === null ? Infinity : now + row.expiresInMs
    this.previousUntil = now + (row.previousSecretForMs ?? 0)
  }

  isUsable(now: number): boolean {
    return !this.row.isRevoked && now < this.expiresAt
  }

  /** The next instant after `now` at which somebody loses their right; Infinity for none. */
  deadlineAfter(now: number): number {
    return Math.min(
      ...[this.expiresAt, this.previousUntil].map((each) => (each > now ? each : Infinity)),
    )
  }

  /** Whether the row differs from another of the same key in what was decided by people. */
  differsFrom({ row }: KnownKey): boolean {
    return factsOf(this.row) !== factsOf(row)
  }

  /** Whether someone who was let in by this key, maybe long ago, still has all the rights that they had. */
  upholds(viewer: Viewer, now: number): boolean {
    const { row } = this
    if (viewer === this.viewer) return this.isUsable(now)
    const secret = entryOf.get(viewer)?.secret
    const isCurrent = secret === row.secretHash
    const isPrevious = secret === row.previousSecretHash && now < this.previousUntil
    return (
      this.isUsable(now) &&
      (isCurrent || isPrevious) &&
      [...viewer.scopes].every((scope) => this.viewer.scopes.has(scope)) &&
      covers(row.allowedModels, viewer.allowedModels)
    )
  }
}

/** By which key and secret (its hash) somebody was let in. */
const entryOf = new WeakMap<Viewer, { readonly publicId: string; readonly secret: string | null }>()

/** The public id of the key by which somebody was let in; undefined where it was none. */
export const publicIdOf = (viewer: Viewer): string | undefined => entryOf.get(viewer)?.publicId

function factsOf({ expiresInMs, previousSecretForMs, ...facts }: StoredKey): string {
  return JSON.stringify([facts, expiresInMs === null, previousSecretForMs === null])
}

function viewerOf(row: StoredKey): Viewer {
  const { tenantId, projectId, id, name, role, allowedModels, priority } = row
  const runsInstallation = role === 'ADMIN' && tenantId === defaultTenantId && projectId === null
  return {
    tenantId,
    projectId,
    apiKeyId: id,
    displayName: name,
    scopes: new Set(scopesOf[role]),
    allowedModels,
    priority,
    runsInstallation,
  }
}
