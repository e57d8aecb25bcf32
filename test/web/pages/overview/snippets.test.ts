import { expect, it } from 'vitest'
import { snippets } from '#web/pages/overview/snippets.ts'

const open = { origin: 'http://gateway.test', model: 'simulator:fast', token: false }

it.each(snippets(open))('names the model in the $label snippet, and no token', ({ text }) => {
  expect(text).toContain('simulator:fast')
  expect(text).not.toContain('ROUTER_AUTH_TOKEN')
})

it.each(snippets({ ...open, token: true }).slice(0, 3))(
  'reads the token from the environment in the $label snippet',
  ({ text }) => {
    expect(text).toContain('ROUTER_AUTH_TOKEN')
  },
)

it('sends a body that is JSON', () => {
  const body = /-d '(.*)'$/.exec(snippets(open)[0].text)?.[1] ?? ''
  expect(JSON.parse(body)).toMatchObject({ model: 'simulator:fast' })
})
