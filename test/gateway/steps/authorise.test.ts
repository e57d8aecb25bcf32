import { expect, it } from 'vitest'
import type { Viewer } from '#domain/access.ts'
import type { Call, Target } from '#gateway/call.ts'
import { openCall } from '#gateway/call.ts'
import { authorise } from '#gateway/steps/authorise.ts'
import { routesTo } from '../../support/a-route.ts'
import { adminViewer, callRequest, scriptedAdapter, testPrice } from '../../support/fake-gateway.ts'

const targetOf = (name: string): Target => ({
  adapter: scriptedAdapter(() => Promise.reject(new Error('nobody asks')), { name }),
  model: 'm',
  price: testPrice,
  maxOutputTokens: 1,
  simulated: false,
})

const reached = new Error('the next step was reached')

/** Where a call to `alias` would go, or why it goes nowhere. */
function outcome(viewer: Partial<Viewer>, { upholds = true } = {}): string {
  const request = { ...callRequest({ model: 'alias' }), viewer: { ...adminViewer, ...viewer } }
  const call: Call = openCall(request, { now: 0, epochMs: 0, configVersion: 1 })
  const step = authorise({
    routes: routesTo([targetOf('a'), targetOf('b')]),
    rights: { upholds: () => upholds },
  })
  try {
    void step(() => {
      throw reached
    })(call)
    return 'nothing'
  } catch (thrown) {
    if (thrown !== reached) return (thrown as Error).message
    return (call.route?.targets ?? []).map(({ adapter }) => adapter.config.name).join(' ')
  }
}

it.each<[string, Partial<Viewer>, string]>([
  ['all targets are for who may use all models', {}, 'a b'],
  ['all targets of a name that is allowed itself', { allowedModels: ['alias'] }, 'a b'],
  ['those targets that are allowed', { allowedModels: ['b:*'] }, 'b'],
  [
    'none where none is, and the model is named',
    { allowedModels: ['c:*'] },
    'Your API key may not use the model alias.',
  ],
  [
    'none for who may not complete',
    { scopes: new Set(['read', 'manage-budgets']) },
    'This needs the scope complete.',
  ],
])('%s', (_sentence, viewer, expected) => {
  expect(outcome(viewer)).toBe(expected)
})

it('nobody goes on whose key was revoked while the request was still coming', () => {
  expect(outcome({}, { upholds: false })).toContain('lost its rights')
})
