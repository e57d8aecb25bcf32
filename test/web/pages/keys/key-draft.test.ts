import { expect, it } from 'vitest'
import { aKey } from '#test/support/a-key.ts'
import {
  createKeyInput,
  keyDraftOf,
  keyProblems,
  localMinute,
  newKey,
  updateKeyInput,
} from '#web/pages/keys/key-draft.ts'

const now = Date.parse('2026-11-23T10:00:00Z')

it('is not sent without a name, or with an end that is over', () => {
  expect(keyProblems(newKey('t1'), now)).toEqual({ name: 'Give it a name.' })
  const over = { ...newKey('t1'), name: 'x', expiresAt: localMinute(new Date(now - 60_000)) }
  expect(keyProblems(over, now)).toHaveProperty('expiresAt')
  expect(keyProblems({ ...over, expiresAt: localMinute(new Date(now + 60_000)) }, now)).toEqual({})
})

it('asks for a key that ends at the instant that was meant', () => {
  const expiresAt = localMinute(new Date('2027-01-01T00:00:00Z'))
  expect(createKeyInput({ ...newKey('t1'), name: ' Search ', expiresAt })).toEqual({
    name: 'Search',
    tenantId: 't1',
    projectId: null,
    role: 'CALLER',
    allowedModels: [],
    priority: 'NORMAL',
    expiresAt: '2027-01-01T00:00:00.000Z',
  })
})

it('sends only what was changed, and nothing where nothing was', () => {
  const from = aKey({ allowedModels: ['openai:*'], expiresAt: '2027-01-01T00:00:00Z' })
  const draft = keyDraftOf(from)
  expect(updateKeyInput(draft, from)).toBeNull()
  expect(updateKeyInput({ ...draft, allowedModels: [] }, from)).toEqual({
    id: 'k1',
    allowedModels: [],
  })
  expect(updateKeyInput({ ...draft, expiresAt: '', role: 'VIEWER' }, from)).toEqual({
    id: 'k1',
    role: 'VIEWER',
    expiresAt: null,
  })
})
