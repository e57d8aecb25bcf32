import { expect, it } from 'vitest'
import { allowedWords, roleNames, roleWords, scopeWords } from '#web/format/access-words.ts'

it('says in words what each role may do', () => {
  for (const role of roleNames) expect(roleWords(role).may).toMatch(/^[a-z].{20,}[^.]$/)
})

it('needs no list for whoever may do everything', () => {
  expect(allowedWords(['read', 'complete', 'admin'])).toEqual(['Do everything'])
  expect(allowedWords(['read', 'manage-budgets'])).toHaveLength(2)
})

it('shows a scope that is newer than the page by its own name', () => {
  expect(scopeWords('manage-alerts')).toBe('Manage-alerts')
})
