import { describe, expect, it } from 'vitest'
import { readStrictFile } from '#config/strict-file.ts'
import { parseYaml } from '#config/yaml-text.ts'
import { providerSettings } from '#test/support/provider-settings.ts'
import { rateRule } from '#test/support/rate-rule.ts'

const read = (...entries: string[]) => {
  const list = entries.map((entry) => `  - ${entry}\n`).join('')
  const text = `version: 1\nproviders:\n  openai: {type: openai}\nrate_limits:\n${list}`
  return readStrictFile(parseYaml(text), providerSettings()).rateLimits
}

describe('a rule', () => {
  it.each<[string, object]>([
    [
      '{ name: per-key, each: api_key, requests: 60, per: minute }',
      { name: 'per-key', each: 'API_KEY' },
    ],
    [
      '{ name: openai-tokens, provider: openai, tokens: 200000, per: minute, on_limit: queue, max_wait_s: 10 }',
      {
        name: 'openai-tokens',
        unit: 'TOKENS',
        limit: 200_000,
        only: { PROVIDER: 'openai' },
        onLimit: 'QUEUE',
        maxWaitMs: 10_000,
      },
    ],
    [
      '{ name: a, tokens: 5, per: hour, each: end_user, tenant: t, assumed_output_tokens: 9 }',
      {
        name: 'a',
        unit: 'TOKENS',
        limit: 5,
        windowS: 3600,
        each: 'END_USER',
        only: { TENANT: 't' },
        assumedOutputTokens: 9,
      },
    ],
    [
      '{ name: a, requests: 5, per: second, client_ip: "2001:DB8:0::1" }',
      { name: 'a', limit: 5, windowS: 1, only: { CLIENT_IP: '2001:db8::1' } },
    ],
    [
      '{ name: a, requests: 5, per: minute, provider: ollama, on_limit: refuse }',
      { name: 'a', limit: 5, only: { PROVIDER: 'ollama' } },
    ],
  ])('%s', (entry, rule) => {
    expect(read(entry)).toEqual([rateRule(rule)])
  })

  it.each<[string, string]>([
    [
      '{ name: a, requests: 1, per: minute, eahc: tenant }',
      '5:42 rate_limits.0.eahc is not known; did you mean each?',
    ],
    ['{ name: a, per: minute }', '5:5 rate_limits.0 needs either requests or tokens'],
    [
      '{ name: a, per: minute, requests: 1, tokens: 1 }',
      '5:5 rate_limits.0 needs either requests or tokens',
    ],
    [
      '{ name: a, requests: 1, per: minute, provider: opnai }',
      '5:42 rate_limits.0.provider there is no provider opnai; did you mean openai?',
    ],
    [
      '{ name: a, requests: 1, per: minute, max_wait_s: 3 }',
      '5:42 rate_limits.0.max_wait_s has no meaning without on_limit: queue',
    ],
    [
      '{ name: a, requests: 1, per: minute, assumed_output_tokens: 3 }',
      '5:42 rate_limits.0.assumed_output_tokens has no meaning without tokens',
    ],
    [
      '{ name: a, requests: 1, per: minute, each: tenant, tenant: t }',
      '5:42 rate_limits.0.each has no meaning where tenant is named: t',
    ],
    [
      '{ name: a, requests: 1, per: minute, client_ip: 10.0.0 }',
      '5:42 rate_limits.0.client_ip is no IP address',
    ],
    ['{ name: a, requests: 0, per: minute }', '5:16 rate_limits.0.requests Too small'],
    ['{ name: a, requests: 1, per: day }', '5:29 rate_limits.0.per Invalid option'],
    ['{ name: "a b", requests: 1, per: hour }', '5:7 rate_limits.0.name expected letters'],
  ])('%s is refused', (entry, message) => {
    expect(() => read(entry)).toThrow(message)
  })

  it('has a name of its own', () => {
    const entry = '{ name: a, requests: 1, per: minute }'
    expect(() => read(entry, entry)).toThrow('6:7 rate_limits.1.name stands twice: a')
  })
})

it('is there for nobody who has written none', () => {
  expect(readStrictFile(parseYaml('version: 1'), providerSettings()).rateLimits).toEqual([])
})
