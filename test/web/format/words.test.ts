import { expect, it } from 'vitest'
import { plural, properName, words } from '#web/format/words.ts'

it('reads the vocabulary of the schema as words, and names by their own spelling', () => {
  expect(words('PROVIDER_TIMEOUT')).toBe('Provider timeout')
  expect(properName('OPENAI_CHAT')).toBe('OpenAI chat')
  expect(properName('PERPLEXITY')).toBe('Perplexity')
})

it('counts things', () => {
  expect(plural(1, 'request')).toBe('1 request')
  expect(plural(0, 'request')).toBe('0 requests')
})
