import { createHmac } from 'node:crypto'
import { defaultTenantId, type Viewer } from '#domain/access.ts'
import type { StoredKey } from '#domain/api-key.ts'
import type { KeyChanges, KeyRows } from '#auth/key-book.ts'

export const testHash = (secret: string): string =>
  createHmac('sha256', 'test pepper').update(secret).digest('base64url')

/** A secret of the right form. */
export const testSecret = (letter: string): string => letter.repeat(43)

/** A key that was made with the secret `s`, but for what is given. */
export function storedKey(over: Partial<StoredKey> = {}): StoredKey {
  return {
    id: '019a0000-0000-7000-8000-0000000000a1',
    publicId: 'k000000000000001',
    tenantId: defaultTenantId,
    projectId: null,
    name: 'team',
    role: 'CALLER',
    allowedModels: [],
    priority: 'NORMAL',
    secretHash: testHash(testSecret('s')),
    previousSecretHash: null,
    isRevoked: false,
    expiresInMs: null,
    previousSecretForMs: null,
    ...over,
  }
}

/** The key as its holder shows it. */
export const tokenOf = ({ publicId }: StoredKey, letter = 's'): string =>
  `ao_${publicId}_${testSecret(letter)}`

/** Keys' rows in memory, and the bus that tells of changes. */
export class MemoryKeys implements KeyRows, KeyChanges {
  listening = true
  readonly rows = new Map<string, StoredKey>()
  readonly touched: string[][] = []
  /** Every read, as the ids that were asked for. */
  readonly reads: string[][] = []
  /** Set to fail reads. */
  away = false
  readonly cuts: ((viewer: Viewer) => boolean)[] = []
  #listener: { heard(publicId: string): void; resumed(): void } | undefined

  constructor(...rows: readonly StoredKey[]) {
    for (const row of rows) this.rows.set(row.publicId, row)
  }

  async read(publicIds: readonly string[]): Promise<readonly StoredKey[]> {
    this.reads.push([...publicIds])
    if (this.away) throw new Error('the database is away')
    return publicIds.flatMap((id) => this.rows.get(id) ?? [])
  }

  async touch(ids: readonly string[]): Promise<void> {
    this.touched.push([...ids])
  }

  on(_topic: 'api-key', listener: { heard(publicId: string): void; resumed(): void }): () => void {
    this.#listener = listener
    return () => {
      this.#listener = undefined
    }
  }

  /** Changes a row, and says so unless `silently`. */
  change(row: StoredKey, { silently = false } = {}): void {
    this.rows.set(row.publicId, row)
    if (!silently) this.#listener?.heard(row.publicId)
  }

  resume(): void {
    this.#listener?.resumed()
  }
}

/** Lets all that is already due happen. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
