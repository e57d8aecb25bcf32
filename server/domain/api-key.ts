import type { AccessRole } from './access-role.ts'
import type { Priority } from './request-record.ts'

/** A key as its owner has it: `ao_<publicId>_<secret>`. */
export interface KeyToken {
  /** May be logged. */
  readonly publicId: string
  readonly secret: string
}

/** What a key may do and where. */
export interface KeyGrant {
  readonly tenantId: string
  /** Null for all of the tenant. */
  readonly projectId: string | null
  readonly role: AccessRole
  /** Patterns of model-pattern.ts; none is all models. */
  readonly allowedModels: readonly string[]
  readonly priority: Priority
}

/** A key's row as whoever lets its holder in needs it. */
export interface StoredKey extends KeyGrant {
  readonly id: string
  readonly publicId: string
  readonly name: string
  /** HMAC-SHA256 under the installation's secret, in base64url; null where the environment holds the secret. */
  readonly secretHash: string | null
  readonly previousSecretHash: string | null
  readonly isRevoked: boolean
  /** By the database's clock, when it was read; null: never. Not above 0: it has. */
  readonly expiresInMs: number | null
  /** How long the secret before the last rotation still works, likewise. */
  readonly previousSecretForMs: number | null
}

const pattern = /^ao_([0-9a-z]{16})_([\w-]{43})$/

/** Takes a key apart; undefined for everything else. */
export function parseKeyToken(text: string): KeyToken | undefined {
  const [, publicId, secret] = pattern.exec(text) ?? []
  return publicId === undefined || secret === undefined ? undefined : { publicId, secret }
}

/**
 * @param publicId 16 characters of 0-9 and a-z.
 * @param secret 32 bytes in base64url.
 */
export const formatKeyToken = ({ publicId, secret }: KeyToken): string => `ao_${publicId}_${secret}`
