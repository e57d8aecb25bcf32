import { expect, it } from 'vitest'
import { baseName, busiest, byPrefix } from '#web/pages/system/router-facts.ts'

it('groups models by the prefix of their name, which may have further colons behind it', () => {
  const data = [{ id: 'ollama:llama3:8b' }, { id: 'openai:gpt-4.1' }, { id: 'ollama:qwen3:4b' }]
  expect(byPrefix({ data })).toEqual([
    { prefix: 'ollama', models: ['llama3:8b', 'qwen3:4b'] },
    { prefix: 'openai', models: ['gpt-4.1'] },
  ])
  expect(byPrefix(undefined)).toEqual([])
})

it('shows of a path only the file', () => {
  expect(baseName('/etc/ai/providers.yaml')).toBe('providers.yaml')
  expect(baseName(undefined)).toBeUndefined()
})

it('lists the busiest first, and no more than asked for', () => {
  expect(busiest({ a: 1, b: 3, c: 2 }, 2)).toEqual([
    ['b', 3],
    ['c', 2],
  ])
})
