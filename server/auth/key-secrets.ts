import { createHmac, randomBytes, randomInt } from 'node:crypto'
import type { KeyToken } from '#domain/api-key.ts'

/** How secrets of keys are made, and what is stored of them. */
export interface KeySecrets {
  issue(): KeyToken
  /** HMAC-SHA256 under the pepper, in base64url: whoever has the database alone cannot check a guess. */
  hashOf(secret: string): string
}

const publicIdLength = 16

/** @param pepper What the secrets are hashed under; the same in all replicas. */
export function createKeySecrets(pepper: Buffer): KeySecrets {
  return {
    issue: () => ({
      publicId: Array.from({ length: publicIdLength }, () => randomInt(36).toString(36)).join(''),
      secret: randomBytes(32).toString('base64url'),
    }),
    hashOf: (secret) => createHmac('sha256', pepper).update(secret).digest('base64url'),
  }
}
