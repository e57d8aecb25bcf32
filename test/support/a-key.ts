import type { KeyRowFragment } from '#web/graphql/documents.ts'

/** An API key as the dashboard has it. */
export function aKey(changes: Partial<KeyRowFragment> = {}): KeyRowFragment {
  return {
    id: 'k1',
    publicId: 'a1b2c3d4e5f6g7h8',
    name: 'Search',
    role: 'CALLER',
    scopes: ['read', 'complete'],
    allowedModels: [],
    priority: 'NORMAL',
    createdAt: '2026-11-01T00:00:00Z',
    expiresAt: null,
    lastUsedAt: null,
    revokedAt: null,
    previousSecretValidUntil: null,
    tenant: { id: 't1', name: 'Default' },
    project: null,
    ...changes,
  }
}
