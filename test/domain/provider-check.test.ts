import { expect, it } from 'vitest'
import { checkMessage, readCheckMessage } from '#domain/provider-check.ts'

it.each([
  { providerName: 'openai', code: null, latencyMs: 12.5, at: 1 },
  { providerName: 'a/b:c', code: 'PROVIDER_NETWORK', latencyMs: null, at: 2 } as const,
])('a check is heard as it was told: %o', (check) => {
  expect(readCheckMessage(checkMessage(check))).toEqual(check)
})

it.each([
  '',
  'null',
  '[]',
  '{"providerName":1,"code":null,"at":1}',
  '{"providerName":"a","at":1}',
  '{"providerName":"a","code":"toString","at":1}',
  '{"providerName":"a","code":null,"at":"1"}',
])('%s is no check', (text) => {
  expect(readCheckMessage(text)).toBeUndefined()
})
