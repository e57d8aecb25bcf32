import { describe, expect, it } from 'vitest'
import { GatewayError } from '#domain/errors.ts'
import type { ListedModel } from '#providers/adapter.ts'
import { createCatalogue } from '#providers/catalogue.ts'
import { createPriceBook } from '#providers/price-book.ts'
import { vendoredPrices } from '#providers/price-table.ts'
import { FakeClock } from '#test/support/fake-gateway.ts'
import { activeProviders, listingAdapter } from '#test/support/provider-set.ts'

const prices = createPriceBook(vendoredPrices())

const start = (active: ReturnType<typeof activeProviders>, { ttlMs = 600_000 } = {}) => {
  const clock = new FakeClock()
  return { clock, catalogue: createCatalogue(active, { prices, clock, ttlMs }) }
}

/** A provider whose answers are given out one by one. */
function scriptedList(...answers: readonly (readonly string[] | Error | 'HANG')[]) {
  let asked = 0
  const models = (): Promise<readonly ListedModel[]> => {
    const answer = answers[Math.min(asked++, answers.length - 1)] ?? []
    if (answer === 'HANG') return new Promise(() => {})
    return answer instanceof Error
      ? Promise.reject(answer)
      : Promise.resolve(answer.map((id) => ({ id })))
  }
  return { models, asked: () => asked }
}

/** Lets everything that is resolved by now go on. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

const ids = (models: readonly { id: string }[]) => models.map(({ id }) => id)

describe('what is offered', () => {
  const ollama = (name: string, baseUrl: string, models: readonly string[]) =>
    listingAdapter({ name, kind: 'OLLAMA', baseUrl, priceList: 'local' }, models)
  const base = 'http://127.0.0.1:11434'

  it("stands in v0.7.2's order: OLLAMA_BASE, the file's providers, the agent", async () => {
    const active = activeProviders(
      [
        listingAdapter({ name: 'zeta' }, ['z1']),
        ollama('far', 'http://far.test:11434', ['f1']),
        listingAdapter({ name: 'alpha' }, ['a1', 'a2']),
      ],
      { legacy: true, ollama: ollama('ollama', base, ['llama3:8b']) },
    )
    expect(await start(active).catalogue.offered()).toEqual([
      { id: 'ollama:llama3:8b', ownedBy: 'ollama' },
      { id: 'zeta:z1', ownedBy: 'zeta' },
      { id: 'far:f1', ownedBy: 'ollama' },
      { id: 'alpha:a1', ownedBy: 'alpha' },
      { id: 'alpha:a2', ownedBy: 'alpha' },
      { id: 'agent:mcp', ownedBy: 'agent_runner' },
    ])
  })

  it('begin with the names that the configuration gives, and a model knows its own', async () => {
    const route = {
      name: 'smart',
      strategy: 'PRIORITY',
      targets: [{ name: 'zeta:z1' }],
      rules: [
        { when: {}, strategy: 'PRIORITY', targets: [{ name: 'zeta:z1' }, { name: 'zeta:z2' }] },
      ],
      larger: [{ name: 'zeta:z3' }],
      fallBackOn: [],
      recovery: undefined,
      streamGuard: 'NONE',
    } as const
    const active = activeProviders([listingAdapter({ name: 'zeta' }, ['z1'])], {
      aliases: { z: 'zeta:z1', best: 'smart' },
      routes: [route],
    })
    const { catalogue } = start(active)
    expect((await catalogue.offered()).slice(0, 3)).toEqual([
      { id: 'smart', ownedBy: 'orchestrator', standsFor: ['zeta:z1', 'zeta:z2'] },
      { id: 'z', ownedBy: 'orchestrator', standsFor: ['zeta:z1'] },
      { id: 'best', ownedBy: 'orchestrator', standsFor: ['zeta:z1', 'zeta:z2'] },
    ])
    expect((await catalogue.models()).find(({ id }) => id === 'z1')?.aliases).toEqual(['z'])
  })

  it.each([
    [
      'a configured ollama at the same address comes first',
      'ollama',
      base,
      ['ollama:m', 'mock:x', 'agent:mcp'],
    ],
    [
      'a configured ollama elsewhere takes the prefix, in its place',
      'ollama',
      'http://far.test:11434',
      ['mock:x', 'ollama:m', 'agent:mcp'],
    ],
    [
      'another name for the same Ollama is not listed again',
      'local',
      'http://localhost:11434',
      ['ollama:built-in', 'mock:x', 'agent:mcp'],
    ],
    [
      'nor with a slash at its end',
      'local',
      `${base}/`,
      ['ollama:built-in', 'mock:x', 'agent:mcp'],
    ],
    [
      'a name that nothing reaches is not offered',
      'agent',
      'http://far.test:11434',
      ['ollama:built-in', 'mock:x', 'agent:mcp'],
    ],
  ])('%s', async (_, name, baseUrl, expected) => {
    const active = activeProviders(
      [listingAdapter({ name: 'mock' }, ['x']), ollama(name, baseUrl, ['m'])],
      {
        legacy: true,
        ollama: ollama('ollama', base, ['built-in']),
      },
    )
    expect(ids(await start(active).catalogue.offered())).toEqual(expected)
  })

  it('leaves out a provider that fails', async () => {
    const broken = scriptedList(new Error('no'))
    const active = activeProviders([
      listingAdapter({ name: 'broken' }, broken.models),
      listingAdapter({ name: 'mock' }, ['x']),
    ])
    expect(ids(await start(active).catalogue.offered())).toEqual(['mock:x', 'agent:mcp'])
  })
})

describe('what is known of models', () => {
  it("is the provider's list with the table's facts and prices", async () => {
    const active = activeProviders([
      listingAdapter({ name: 'openai', kind: 'OPENAI', priceList: 'openai' }, () =>
        Promise.resolve([
          { id: 'gpt-4.1-mini' },
          { id: 'gpt-4o', contextWindow: 99 },
          { id: 'gpt-4o-2024-08-06' },
          { id: 'new-model' },
        ]),
      ),
    ])
    const models = await start(active).catalogue.models()
    expect(
      models.map(({ id, contextWindow, available }) => [id, contextWindow, available]),
    ).toEqual([
      ['gpt-4.1-mini', 1_047_576, true],
      ['gpt-4o', 99, true],
      ['gpt-4o-2024-08-06', 128_000, true],
      ['new-model', null, true],
    ])
    expect(models[0]).toMatchObject({
      maxOutputTokens: 32_768,
      aliases: ['gpt-4.1-mini-2025-04-14'],
      price: { input: 4_000_000_000n },
    })
    expect(models[1]?.aliases).toEqual(['gpt-4o-2024-11-20'])
    expect(models[3]).toMatchObject({ price: null, capabilities: [], maxOutputTokens: null })
  })

  it('is the table alone, not available, while a provider has never answered', async () => {
    const broken = scriptedList(new Error('no'))
    const active = activeProviders([
      listingAdapter({ name: 'xai', priceList: 'xai' }, broken.models),
    ])
    const models = await start(active).catalogue.models()
    expect(ids(models)).toContain('grok-3-mini')
    expect(models.some(({ available }) => available)).toBe(false)
  })

  it('is free for Ollama', async () => {
    const ollama = listingAdapter({ name: 'ollama', kind: 'OLLAMA', priceList: 'local' }, [
      'llama3',
    ])
    const [model] = await start(activeProviders([ollama])).catalogue.models()
    expect(model).toMatchObject({ id: 'llama3', price: { version: 'local', input: 0n } })
  })
})

describe('lists', () => {
  it('are kept for their time, and counted as hits and misses', async () => {
    const list = scriptedList(['a'], ['b'])
    const { catalogue, clock } = start(
      activeProviders([listingAdapter({ name: 'mock' }, list.models)]),
    )
    expect(catalogue.state()).toEqual({ hits: 0, misses: 0, ageS: null, ttlS: 600, modelCount: 0 })
    expect(ids(await catalogue.offered())).toContain('mock:a')
    clock.advance(60_000)
    expect(ids(await catalogue.offered())).toContain('mock:a')
    expect(catalogue.state()).toEqual({ hits: 1, misses: 1, ageS: 60, ttlS: 600, modelCount: 2 })
    clock.advance(540_000)
    expect(ids(await catalogue.offered())).toContain('mock:b')
    expect(list.asked()).toBe(2)
  })

  it('are fetched once for all who ask at the same time', async () => {
    const list = scriptedList(['a'])
    const { catalogue } = start(activeProviders([listingAdapter({ name: 'mock' }, list.models)]))
    await Promise.all([catalogue.offered(), catalogue.models(), catalogue.offered()])
    expect(list.asked()).toBe(1)
  })

  it('are fetched in the background, before anybody asks and when they grow old', async () => {
    const list = scriptedList(['a'], ['b'])
    const { catalogue, clock } = start(
      activeProviders([listingAdapter({ name: 'mock' }, list.models)]),
    )
    const stop = catalogue.start()
    await settled()
    expect(list.asked()).toBe(1)
    clock.advance(600_000)
    await settled()
    expect(list.asked()).toBe(2)
    expect(ids(await catalogue.offered())).toContain('mock:b')
    stop()
    expect(clock.timers).toBe(0)
  })

  it('of a provider that fails stay as they were, and are asked for again sooner and sooner less often', async () => {
    const list = scriptedList(['a'], new Error('no'))
    const { catalogue, clock } = start(
      activeProviders([listingAdapter({ name: 'mock' }, list.models)]),
    )
    catalogue.start()
    await settled()
    const askedAt: number[] = []
    for (let second = 1; second <= 640; second++) {
      const before = list.asked()
      clock.advance(1000)
      await settled()
      if (list.asked() > before) askedAt.push(second)
    }
    expect(askedAt).toEqual([600, 605, 615, 635])
    expect(ids(await catalogue.offered())).toContain('mock:a')
  })

  it('of a provider that hangs keep nobody waiting longer than 5 s', async () => {
    const { catalogue, clock } = start(
      activeProviders([
        listingAdapter({ name: 'slow' }, scriptedList('HANG').models),
        listingAdapter({ name: 'mock' }, ['x']),
      ]),
    )
    const offered = catalogue.offered()
    clock.advance(5000)
    expect(ids(await offered)).toEqual(['mock:x', 'agent:mcp'])
    expect(catalogue.state().misses).toBe(1)
    await catalogue.offered()
    expect(catalogue.state().hits).toBe(1)
  })

  it('are fetched anew after a change of the configuration', async () => {
    const list = scriptedList(['a'], ['b'])
    const active = activeProviders([listingAdapter({ name: 'mock' }, list.models)])
    const { catalogue } = start(active)
    await catalogue.offered()
    active.set([
      listingAdapter({ name: 'mock' }, list.models),
      listingAdapter({ name: 'other' }, ['o']),
    ])
    catalogue.invalidate()
    expect(ids(await catalogue.offered())).toEqual(['mock:b', 'other:o', 'agent:mcp'])
  })
})

describe('whether a provider has a model', () => {
  it('is what its list says', async () => {
    const openai = listingAdapter({ name: 'openai', priceList: 'openai' }, ['my-model'])
    const { catalogue } = start(activeProviders([openai]))
    await catalogue.offered()
    expect(catalogue.has(openai, 'my-model')).toBe(true)
    expect(catalogue.has(openai, 'gpt-4.1')).toBe(false)
    expect(catalogue.reachable(openai)).toBe(true)
  })

  it.each([
    ['PRESENT', true],
    ['MISSING', false],
  ] as const)('is what the table says before that, with its key %s', (credential, expected) => {
    const openai = listingAdapter({ name: 'openai', priceList: 'openai' }, [], credential)
    const { catalogue } = start(activeProviders([openai]))
    expect(catalogue.has(openai, 'gpt-4.1')).toBe(expected)
    expect(catalogue.has(openai, 'no-such-model')).toBe(false)
    expect(catalogue.reachable(openai)).toBeNull()
  })
})

describe('a check', () => {
  it('asks for the list at once, keeps it, and says how long that took', async () => {
    const list = scriptedList(['a'], ['b'])
    const adapter = { ...listingAdapter({ name: 'zeta' }, []), models: list.models }
    const { catalogue, clock } = start(activeProviders([adapter]))
    await catalogue.models()
    const checked = catalogue.check(adapter)
    clock.advance(12)
    expect(await checked).toEqual({ error: undefined, latencyMs: 12 })
    expect(
      ids((await catalogue.models()).filter(({ providerName }) => providerName === 'zeta')),
    ).toEqual(['b'])
    expect(list.asked()).toBe(2)
  })

  it.each([
    ['with a provider that refuses', new GatewayError('PROVIDER_AUTH', 'no'), 'PROVIDER_AUTH'],
    ['after 5 s with one that says nothing', 'HANG', 'PROVIDER_TIMEOUT'],
    ['with one that is broken', new Error('boom'), 'INTERNAL'],
  ] as const)('fails %s', async (_who, answer, code) => {
    const adapter = {
      ...listingAdapter({ name: 'zeta' }, []),
      models: scriptedList(answer).models,
    }
    const { catalogue, clock } = start(activeProviders([adapter]))
    const checked = catalogue.check(adapter)
    clock.advance(5000)
    expect((await checked).error).toMatchObject({ code })
    expect(catalogue.reachable(adapter)).toBe(false)
  })

  it('is told, and so is every refresh', async () => {
    const told: string[] = []
    const adapter = listingAdapter({ name: 'zeta' }, ['a'])
    const catalogue = createCatalogue(activeProviders([adapter]), {
      prices,
      clock: new FakeClock(),
      ttlMs: 1000,
      listed: ({ config: { name } }, { error }) => told.push(`${name} ${error?.code ?? 'answers'}`),
    })
    await catalogue.models()
    await catalogue.check(adapter)
    expect(told.filter((each) => each.startsWith('zeta'))).toEqual(['zeta answers', 'zeta answers'])
  })
})
