import { describe, expect, it } from 'vitest'
import { readOldFile } from '#config/old-file.ts'
import { readStrictFile } from '#config/strict-file.ts'
import { parseYaml } from '#config/yaml-text.ts'
import { detectors } from '#domain/detector.ts'
import { providerSettings } from '#test/support/provider-settings.ts'

const read = (...entries: string[]) => {
  const list = entries.map((entry) => `  - ${entry}\n`).join('')
  const text = `version: 1\nproviders:\n  openai: {type: openai}\nrules:\n${list}`
  return readStrictFile(parseYaml(text), providerSettings()).rules
}

describe('a rule', () => {
  it.each<[string, object]>([
    [
      '{ name: a, action: { set_system_prompt: Hi }, when: { tenant: [AB], api_key: [CD] } }',
      {
        name: 'a',
        on: 'REQUEST',
        when: { tenants: ['ab'], apiKeys: ['cd'] },
        action: { kind: 'SET_SYSTEM_PROMPT', prompt: 'Hi' },
      },
    ],
    [
      '{ name: a, action: { append_system_prompt: Hi }, when: { model: ["gpt-*"], provider: [openai] } }',
      {
        when: { models: ['gpt-*'], providers: ['openai'] },
        action: { kind: 'APPEND_SYSTEM_PROMPT', prompt: 'Hi' },
      },
    ],
    [
      '{ name: a, action: { set_parameters: { temperature: 0.5, logit_bias: { "1": -1 } } } }',
      {
        when: {},
        action: {
          kind: 'SET_PARAMETERS',
          parameters: { temperature: 0.5, logit_bias: { '1': -1 } },
        },
      },
    ],
    [
      '{ name: a, action: { clamp_parameters: { max_tokens: { max: 5 } } } }',
      { action: { kind: 'CLAMP_PARAMETERS', bounds: { max_tokens: { max: 5 } } } },
    ],
    [
      '{ name: a, action: { map_roles: { developer: system } } }',
      { action: { kind: 'MAP_ROLES', roles: { developer: 'system' } } },
    ],
    [
      '{ name: a, action: { add_metadata: { team: x } } }',
      { action: { kind: 'ADD_METADATA', metadata: { team: 'x' } } },
    ],
    ['{ name: a, action: { deny: No. } }', { action: { kind: 'DENY', message: 'No.' } }],
    [
      '{ name: a, on: response, action: { block: { find: [card], message: No. } } }',
      {
        on: 'RESPONSE',
        action: { kind: 'BLOCK', matchers: [detectors.card.matcher], message: 'No.' },
      },
    ],
    [
      '{ name: a, on: response, action: { redact: [{ pattern: x, as: y }, phone, api_key] } }',
      {
        action: {
          kind: 'REDACT',
          replacements: [
            { matcher: detectors.api_key.matcher, replacement: '[API_KEY]' },
            { matcher: detectors.phone.matcher, replacement: '[PHONE]' },
            { replacement: 'y' },
          ],
        },
      },
    ],
    [
      '{ name: a, action: { replace: [{ text: "a.b", with: c }, { pattern: "a[b]", with: "" }] } }',
      { action: { kind: 'REPLACE', replacements: [{ replacement: 'c' }, { replacement: '' }] } },
    ],
  ])('%s', (entry, rule) => {
    expect(read(entry)).toMatchObject([rule])
  })

  it.each<[string, string]>([
    [
      '{ name: a, action: { redcat: [email] } }',
      '5:26 rules.0.action.redcat is not known; did you mean redact?',
    ],
    ['{ name: a, action: {} }', '5:16 rules.0.action needs exactly one action'],
    [
      '{ name: a, action: { deny: a, redact: [email] } }',
      '5:16 rules.0.action needs exactly one action',
    ],
    [
      '{ name: a, action: { redact: [emial] } }',
      '5:35 rules.0.action.redact.0 expected one of api_key, email, iban, card, ip, phone, or a mapping with a pattern',
    ],
    [
      '{ name: a, action: { redact: [{ pattern: "a+" }] } }',
      '5:37 rules.0.action.redact.0.pattern has matches without end',
    ],
    [
      '{ name: a, action: { block: { find: [{ pattern: "(" }] } } }',
      '5:44 rules.0.action.block.find.0.pattern is no pattern: ',
    ],
    [
      '{ name: a, action: { replace: [{ text: a, pattern: b, with: c }] } }',
      '5:36 rules.0.action.replace.0 needs either a text or a pattern',
    ],
    [
      '{ name: a, on: response, action: { deny: No. } }',
      '5:40 rules.0.action.deny is for requests',
    ],
    [
      '{ name: a, action: { set_parameters: { model: x } } }',
      '5:44 rules.0.action.set_parameters.model is no parameter',
    ],
    [
      '{ name: a, action: { clamp_parameters: { top_p: { min: 2, max: 1 } } } }',
      '5:46 rules.0.action.clamp_parameters.top_p has a min above its max',
    ],
    ['{ name: a, when: {}, action: { deny: a } }', '5:16 rules.0.when says nothing'],
    [
      '{ name: a, when: { provider: [opnai] }, action: { deny: a } }',
      '5:35 rules.0.when.provider.0 there is no provider opnai; did you mean openai?',
    ],
  ])('%s is refused', (entry, message) => {
    expect(() => read(entry)).toThrow(message)
  })

  it('has a name of its own', () => {
    const entry = '{ name: a, action: { deny: No. } }'
    expect(() => read(entry, entry)).toThrow('6:7 rules.1.name stands twice: a')
  })
})

it('is not there in a file of v0.7.2, where it would be a provider', () => {
  const text = 'openai: {type: openai}\nrules: [{ name: a, action: { deny: No. } }]'
  expect(readOldFile(parseYaml(text), providerSettings())).not.toHaveProperty('rules')
})
