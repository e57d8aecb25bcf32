import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { followed } from '#config/route-issues.ts'
import { readStrictFile } from '#config/strict-file.ts'
import { ConfigFileError, parseYaml } from '#config/yaml-text.ts'
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
      - when: {tags: [cheap], priority: [low]}
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
          scope: 'smart',
        },
      ],
      rules: [
        {
          when: {
            tags: ['cheap'],
            priorities: ['LOW'],
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
    'a name that is taken',
    'aliases: {agent: "a:x"}\nroutes: {rag: {targets: ["a:x"]}}',
    '4:10 routes.rag is the name of something else',
  ],
  [
    'a name that no caller can write',
    'aliases: {"cafe\u0301": "a:x"}',
    '3:11 aliases.cafe\u0301 cannot be a name of models: it must be in NFC',
  ],
  [
    'a target twice, by whatever name',
    'aliases: {fast: "a:x"}\nroutes: {s: {targets: ["a:x", fast]}}',
    '4:31 routes.s.targets.1 stands twice: a:x',
  ],
  [
    'a target that nobody can be sent to',
    'routes: {s: {targets: ["a:x\\u0007"]}}',
    '3:24 routes.s.targets.0 is no name of a model',
  ],
  ['a provider without a model', 'aliases: {x: "a:"}', '3:11 aliases.x names no model of a'],
  [
    'a route to nowhere',
    'routes: {s: {targets: []}}',
    '3:14 routes.s.targets Too small: expected array to have >=1 items',
  ],
  [
    'a misspelt key of a target',
    'routes: {s: {targets: [{target: "a:x", wieght: 3}]}}',
    '3:40 routes.s.targets.0.wieght is not known; did you mean weight?',
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
])('refuses %s', (_name, text, fault) => {
  expect(faults(text)).toContain(fault)
})

describe('a target with policies of its own', () => {
  const scopes = (text: string) =>
    read(text).routes.flatMap(({ targets, rules, larger }) =>
      [targets, ...rules.map((rule) => rule.targets), larger].map((list) =>
        list.map(({ scope }) => scope),
      ),
    )

  it('is known by its route, and by a number where it has others in the same route', () => {
    expect(
      scopes(`
routes:
  s:
    targets: ["a:x", {target: "b:y", breaker: false}]
    rules:
      - {when: {tags: [t]}, targets: [{target: "b:y", breaker: false}, {target: "a:x", retries: {max: 0}}]}
      - {when: {tags: [u]}, targets: [{target: "b:y", retries: {max: 0}}]}
    larger: [{target: "b:z", timeouts: {stall_ms: 9}}]`),
    ).toEqual([[undefined, 's'], ['s', 's'], ['s:2'], ['s']])
  })

  it('has none where it says what its provider says anyway', () => {
    expect(
      scopes(
        'routes: {s: {targets: [{target: "b:y", retries: {max: 5}, timeouts: {stall_ms: 30000}}]}}',
      ),
    ).toEqual([[undefined], []])
  })
})

describe('aliases in any order and any depth', () => {
  const names = fc.constantFrom('a', 'b', 'c', 'd', 'e')
  const any = fc.dictionary(names, fc.oneof(names, fc.constant('p:m')))

  it('lead to something that is no alias, or in a circle', () => {
    fc.assert(
      fc.property(any, names, (aliases, name) => {
        const walked: string[] = [name]
        while (walked.length <= 6 && Object.hasOwn(aliases, walked.at(-1)!))
          walked.push(aliases[walked.at(-1)!]!)
        expect(followed(name, aliases)).toBe(walked.length > 6 ? undefined : walked.at(-1))
      }),
    )
  })
})
