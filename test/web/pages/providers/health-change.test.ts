import { expect, it } from 'vitest'
import { changeText } from '#web/pages/providers/health-change.ts'

it('tells a change as one says it', () => {
  expect(changeText({ name: 'acme', from: 'HEALTHY', to: 'DOWN' })).toBe(
    'acme went from healthy to down',
  )
  expect(changeText({ name: 'acme', from: 'UNKNOWN', to: 'HEALTHY' })).toBe('acme is healthy')
})
