import { expect, it } from 'vitest'
import { readStrictFile } from '#config/strict-file.ts'
import { parseYaml } from '#config/yaml-text.ts'
import { providerSettings } from '#test/support/provider-settings.ts'

const overridesOf = (text: string) =>
  readStrictFile(parseYaml(`version: 1\n${text}`), providerSettings()).routingOverrides

it.each([
  ['', true],
  ['allow_routing_overrides: true', true],
  ['allow_routing_overrides: false', false],
  [
    'allow_routing_overrides: [019A0000-0000-7000-8000-000000000001]',
    ['019a0000-0000-7000-8000-000000000001'],
  ],
])('%j says who may choose among targets', (text, overrides) => {
  expect(overridesOf(text)).toEqual(overrides)
})

it.each([
  ['maybe', '2:1 allow_routing_overrides expected true, false, or a list of ids of API keys'],
  ['[]', '2:1 allow_routing_overrides'],
  ['[team-a]', '2:27 allow_routing_overrides.0 expected the id of an API key'],
])('%s is neither yes nor no, nor a list of ids', (value, message) => {
  expect(() => overridesOf(`allow_routing_overrides: ${value}`)).toThrow(message)
})
