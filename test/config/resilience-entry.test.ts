import { describe, expect, it } from 'vitest'
import { policiesOf } from '#config/resilience-entry.ts'
import { readStrictFile } from '#config/strict-file.ts'
import { parseYaml } from '#config/yaml-text.ts'
import { defaultResilience } from '#domain/resilience.ts'
import { providerSettings } from '#test/support/provider-settings.ts'

const providers = 'providers: {a: {type: openai}, b: {type: xai, retries: {max: 5}}}\n'
const read = (text: string) =>
  readStrictFile(parseYaml(`version: 1\n${providers}${text}`), providerSettings())

describe('policies', () => {
  it('of a provider come before the defaults of the file, and those before ours', () => {
    const { providers: read_ } = read(
      'defaults: {retries: {max: 1, base_ms: 7}, breaker: {open_ms: 99}, timeouts: {stall_ms: 5}}',
    )
    expect(read_[0]).toMatchObject({
      timeouts: { stallMs: 5, totalMs: 600_000 },
      resilience: {
        retries: { maxRetries: 1, baseMs: 7, capMs: 8000 },
        breaker: { openMs: 99, inARow: 5 },
      },
    })
    expect(read_[1]?.resilience?.retries).toEqual({ maxRetries: 5, baseMs: 7, capMs: 8000 })
  })

  it('that say the same are the same, whenever they are read', () => {
    const readAgain = () => read('').providers.map(({ resilience }) => resilience)
    const [first, second] = readAgain()
    expect(readAgain()[1]).toBe(second)
    expect(first).toBe(defaultResilience)
  })

  it('that say no more than what is so anyway are no others', () => {
    const base = policiesOf({})
    const said = policiesOf({ retries: { max: 2 }, timeouts: { stall_ms: 30_000 } }, base)
    expect(said.timeouts).toBe(base.timeouts)
    expect(said.resilience).toBe(base.resilience)
  })

  it('of one provider can be turned on again', () => {
    const off = policiesOf({ breaker: false, health: false })
    const on = policiesOf({ breaker: { in_a_row: 9 }, health: {} }, off)
    expect(on.resilience).toMatchObject({
      breaker: { ...defaultResilience.breaker, inARow: 9 },
      disabling: defaultResilience.disabling,
    })
  })

  it('can be turned off', () => {
    const {
      providers: [off],
    } = read('defaults: {breaker: false, health: false, cool_down: false}')
    expect(off?.resilience).toMatchObject({ breaker: null, disabling: null, coolsDown: false })
  })
})

it.each([
  ['defaults: {retries: {max: 11}}', 'defaults.retries.max Too big: expected number to be <=10'],
  ['defaults: {retries: {max: 1.5}}', 'defaults.retries.max Invalid input: expected int'],
  ['defaults: {retry_budget: {ratio: 1.1}}', 'defaults.retry_budget.ratio Too big'],
  ['defaults: {breaker: {ratio: 0}}', 'defaults.breaker.ratio Too small: expected number to be >0'],
  ['defaults: {breaker: {open_ms: 0}}', 'defaults.breaker.open_ms Too small'],
  ['defaults: {breaker: true}', 'defaults.breaker expected false, or a mapping'],
  ['defaults: {breaker: off}', 'defaults.breaker expected false, or a mapping'],
  ['defaults: {health: {recoveries: 0}}', 'defaults.health.recoveries Too small'],
  ['defaults: {timeouts: {total_ms: 30s}}', 'defaults.timeouts.total_ms Invalid input'],
  [
    'defaults: {timeouts: {total: 30}}',
    'defaults.timeouts.total is not known; did you mean total_ms?',
  ],
  ['defaults: {breaker: {open: 5}}', 'defaults.breaker.open is not known; did you mean open_ms?'],
])('refuses %s', (text, message) => {
  expect(() => read(text)).toThrow(message)
})
