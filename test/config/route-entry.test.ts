import { describe, expect, it } from 'vitest'
import { readStrictFile } from '#config/strict-file.ts'
import { ConfigFileError, parseYaml } from '#config/yaml-text.ts'
import { defaultResilience } from '#domain/resilience.ts'
import { providerSettings } from '#test/support/provider-settings.ts'

const providers = 'providers: {a: {type: openai}, b: {type: xai, retries: {max: 5}}}\n'
const read = (text: string) =>
  readStrictFile(parseYaml(`version: 1\n${providers}${text}`), providerSettings())

function faults(text: string): readonly string[] {
  try {
    read(text)
    return []
  } catch (error) {
    if (!(error instanceof ConfigFileError)) throw error
    return error.issues.map(
      ({ path, message, line, column }) => `${line}:${column} ${path.join('.')} ${message}`,
    )
  }
}

describe('a route', () => {
  it('is its targets in order, where it says no more', () => {
    expect(read('routes: {smart: {targets: [a:x, b:y]}}').routes).toEqual([
      {
        name: 'smart',
        strategy: 'PRIORITY',
        targets: [{ name: 'a:x' }, { name: 'b:y' }],
        rules: [],
        larger: [],
        fallBackOn: [],
        recovery: undefined,
        streamGuard: 'NONE',
      },
    ])
  })

  it('says all that can be said', () => {
    const [route] = read(`
aliases: {wide: "b:wide"}
routes:
  smart:
    strategy: weighted
    targets:
      - {target: "a:x", weight: 3, takes_prefix: true}
      - {target: "b:y", timeouts: {first_token_ms: 900}, breaker: false}
    rules:
      - when: {tags: [cheap], tenant: [T], priority: [low], larger_than_bytes: 10, time: {from: "22:00", to: "6:00", days: [fri], zone: Europe/Berlin}}
        strategy: round_robin
        targets: [wide]
    larger: [wide]
    fall_back_on: [content, context_length]
    recovery: align
    stream_guard: buffer`).routes
    expect(route).toMatchObject({
      strategy: 'WEIGHTED',
      targets: [
        { name: 'a:x', weight: 3, takesPrefix: true },
        {
          name: 'b:y',
          timeouts: { firstTokenMs: 900, stallMs: 30_000 },
          resilience: { breaker: null, retries: { maxRetries: 5 } },
        },
      ],
      rules: [
        {
          when: {
            tags: ['cheap'],
            tenants: ['t'],
            priorities: ['LOW'],
            largerThan: 10,
            time: { from: 1320, to: 360, days: [5], zone: 'Europe/Berlin' },
          },
          strategy: 'ROUND_ROBIN',
          targets: [{ name: 'b:wide' }],
        },
      ],
      larger: [{ name: 'b:wide' }],
      fallBackOn: ['CONTENT_BLOCKED', 'CONTEXT_LENGTH_EXCEEDED'],
      recovery: 'ALIGN',
      streamGuard: 'BUFFER',
    })
  })
})

it('aliases are followed to their end', () => {
  const { aliases } = read(
    'aliases: {one: two, two: "a:x", best: smart}\nroutes: {smart: {targets: [one]}}',
  )
  expect(aliases).toEqual({ one: 'a:x', two: 'a:x', best: 'smart' })
})

it.each<[string, string, string]>([
  ['a circle', 'aliases: {x: y, y: x}', '3:11 aliases.x leads in a circle'],
  [
    'a provider that there is not',
    'routes: {s: {targets: ["c:x"]}}',
    '3:24 routes.s.targets.0 no provider is called c; did you mean a?',
  ],
  [
    'a name that stands for nothing',
    'aliases: {fast: "a:x"}\nroutes: {s: {targets: [fst]}}',
    '4:24 routes.s.targets.0 expected provider:model, found fst, or did you mean fast?',
  ],
  [
    'a route in a route',
    'routes: {s: {targets: ["a:x"]}, t: {targets: [s]}}',
    '3:47 routes.t.targets.0 is a route itself: s; name its targets',
  ],
  [
    'one name twice',
    'aliases: {s: "a:x"}\nroutes: {s: {targets: ["a:x"]}}',
    '3:11 aliases.s is the name of a route, too',
  ],
  [
    'a name that looks like a target',
    'aliases: {"a:b": "a:x"}',
    '3:11 aliases.a:b cannot be a name of models: it must have no colon and no spaces',
  ],
  [
    'an unknown key deep inside',
    'routes: {s: {targets: ["a:x"], rules: [{when: {tgas: [x]}}]}}',
    '3:48 routes.s.rules.0.when.tgas is not known; did you mean tags?',
  ],
  [
    'a misspelt policy',
    'defaults: {retries: {maxx: 1}}',
    '3:22 defaults.retries.maxx is not known; did you mean max?',
  ],
  [
    'a time that is none',
    'routes: {s: {targets: ["a:x"], rules: [{when: {time: {from: "25:00"}}}]}}',
    '3:55 routes.s.rules.0.when.time.from expected a time such as 08:30',
  ],
  [
    'a condition that says nothing',
    'routes: {s: {targets: ["a:x"], rules: [{when: {}}]}}',
    '3:41 routes.s.rules.0.when says nothing',
  ],
])('refuses %s', (_name, text, fault) => {
  expect(faults(text)).toContain(fault)
})

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
    const policiesOf = () => read('').providers.map(({ resilience }) => resilience)
    const [first, second] = policiesOf()
    expect(policiesOf()[1]).toBe(second)
    expect(first).toBe(defaultResilience)
  })

  it('can be turned off', () => {
    const {
      providers: [off],
    } = read('defaults: {breaker: false, health: false, cool_down: false}')
    expect(off?.resilience).toMatchObject({ breaker: null, disabling: null, coolsDown: false })
  })
})
