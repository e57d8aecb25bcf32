import type {
  AccessRole,
  CreateApiKeyInput,
  KeyRowFragment,
  Priority,
  UpdateApiKeyInput,
} from '#web/graphql/documents.ts'

/** A key while somebody writes it. */
export interface KeyDraft {
  readonly name: string
  readonly tenantId: string
  /** Empty: of the whole tenant. */
  readonly projectId: string
  readonly role: AccessRole
  /** None is all. */
  readonly allowedModels: readonly string[]
  readonly priority: Priority
  /** As `<input type="datetime-local">` has it, in the browser's own zone; empty: never. */
  readonly expiresAt: string
}

export type KeyField = keyof KeyDraft

export function newKey(tenantId: string): KeyDraft {
  return {
    name: '',
    tenantId,
    projectId: '',
    role: 'CALLER',
    allowedModels: [],
    priority: 'NORMAL',
    expiresAt: '',
  }
}

export function keyDraftOf(key: KeyRowFragment): KeyDraft {
  const { name, role, allowedModels, priority } = key
  return {
    name,
    role,
    allowedModels,
    priority,
    tenantId: key.tenant.id,
    projectId: key.project?.id ?? '',
    expiresAt: key.expiresAt === null ? '' : localMinute(new Date(key.expiresAt)),
  }
}

/** What keeps a draft from being sent, by field. */
export function keyProblems(
  draft: KeyDraft,
  now: number,
): Readonly<Partial<Record<KeyField, string>>> {
  const isPast = draft.expiresAt !== '' && !(Date.parse(draft.expiresAt) > now)
  return {
    ...(draft.name.trim() === '' && { name: 'Give it a name.' }),
    ...(draft.tenantId === '' && { tenantId: 'Choose its tenant.' }),
    ...(isPast && { expiresAt: 'An instant that is still to come.' }),
  }
}

const instant = (local: string) => (local === '' ? null : new Date(local).toISOString())

export function createKeyInput(draft: KeyDraft): CreateApiKeyInput {
  return {
    name: draft.name.trim(),
    tenantId: draft.tenantId,
    projectId: draft.projectId || null,
    role: draft.role,
    allowedModels: [...draft.allowedModels],
    priority: draft.priority,
    expiresAt: instant(draft.expiresAt),
  }
}

/** What a draft changes, and nothing else; null where it changes nothing. */
export function updateKeyInput(draft: KeyDraft, from: KeyRowFragment): UpdateApiKeyInput | null {
  const before = keyDraftOf(from)
  const name = draft.name.trim()
  const changes = {
    ...(name !== before.name && { name }),
    ...(draft.role !== before.role && { role: draft.role }),
    ...(draft.priority !== before.priority && { priority: draft.priority }),
    ...(String(draft.allowedModels) !== String(before.allowedModels) && {
      allowedModels: [...draft.allowedModels],
    }),
    ...(draft.expiresAt !== before.expiresAt && { expiresAt: instant(draft.expiresAt) }),
  }
  return Object.keys(changes).length === 0 ? null : { id: from.id, ...changes }
}

/** An instant as `<input type="datetime-local">` wants it. */
export function localMinute(at: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}`
}
