import { expect, it } from 'vitest'
import { keyCurl } from '#web/pages/keys/key-curl.ts'

const facts = { origin: 'http://gateway.test', secret: 'ao_x_y', model: 'simulator:fast' }

it.each([
  [[], 'simulator:fast'],
  [['openai:*'], 'simulator:fast'],
  [['openai:*', 'xai:grok-4'], 'xai:grok-4'],
])('with the models %j calls %s', (allowedModels, model) => {
  const curl = keyCurl({ ...facts, allowedModels })
  expect(curl).toContain('Bearer ao_x_y')
  expect(JSON.parse(/-d '(.*)'$/.exec(curl)?.[1] ?? '')).toMatchObject({ model })
})
