import { expect, it } from 'vitest'
import { readStrictFile } from '#config/strict-file.ts'
import { parseYaml } from '#config/yaml-text.ts'
import { providerSettings } from '#test/support/provider-settings.ts'

const read = (text: string) => readStrictFile(parseYaml(`version: 1\n${text}`), providerSettings())

it.each([
  [
    'defaults: {retries: {base_ms: 9, cap_ms: 8}}',
    '2:22 defaults.retries.base_ms is longer than cap_ms, which is 8',
  ],
  [
    'defaults: {breaker: {open_ms: 300001}}',
    '2:22 defaults.breaker.open_ms is longer than longest_open_ms, which is 300000',
  ],
  [
    'defaults: {timeouts: {total_ms: 50}}\nproviders: {p: {type: xai, timeouts: {connect_ms: 51}}}',
    '3:39 providers.p.timeouts.connect_ms is longer than total_ms, which is 50',
  ],
  [
    'providers: {p: {type: xai, timeouts: {total_ms: 5}}}\nroutes: {s: {targets: [{target: "p:m", timeouts: {first_token_ms: 6}}]}}',
    '3:51 routes.s.targets.0.timeouts.first_token_ms is longer than total_ms, which is 5',
  ],
  [
    'routes: {s: {targets: ["ollama:m"], rules: [{when: {tags: [t]}, targets: [{target: "ollama:m", timeouts: {stall_ms: 600001}}]}]}}',
    'routes.s.rules.0.targets.0.timeouts.stall_ms is longer than total_ms, which is 600000',
  ],
])('refuses what a limit makes meaningless: %s', (text, message) => {
  expect(() => read(text)).toThrow(message)
})

it.each([
  [
    'a lower limit for what others say',
    'defaults: {timeouts: {total_ms: 50}, retries: {cap_ms: 9}}',
  ],
  ['as much as the limit', 'defaults: {timeouts: {stall_ms: 600000}, breaker: {open_ms: 300000}}'],
  ['both longer', 'defaults: {breaker: {open_ms: 400000, longest_open_ms: 500000}}'],
  [
    'a limit that its provider has raised',
    'providers: {p: {type: xai, breaker: {longest_open_ms: 900000}}}\nroutes: {s: {targets: [{target: "p:m", breaker: {open_ms: 800000}}]}}',
  ],
  [
    'the agent, which has no limit in all',
    'routes: {s: {targets: [{target: "agent:mcp", timeouts: {first_token_ms: 900000}}]}}',
  ],
])('takes %s', (_what, text) => {
  expect(() => read(text)).not.toThrow()
})
