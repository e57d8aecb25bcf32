import { describe, expect, it } from 'vitest'
import { noResilience } from '#domain/resilience.ts'
import type { RouteConfig } from '#domain/route-config.ts'
import { createCatalogue } from '#providers/catalogue.ts'
import { createPriceBook } from '#providers/price-book.ts'
import { createPriceTable, vendoredPrices } from '#providers/price-table.ts'
import { createRoutes, type RoutedCall } from '#providers/routes.ts'
import { readPriceFile } from '#providers/price-file.ts'
import { FakeClock } from '#test/support/fake-gateway.ts'
import { activeProviders, listingAdapter } from '#test/support/provider-set.ts'

const openai = listingAdapter({ name: 'openai', kind: 'OPENAI', priceList: 'openai' }, [
  'gpt-4.1-mini',
  'my-model',
])
const simulator = listingAdapter(
  { name: 'simulator', kind: 'SIMULATOR', priceList: 'simulator' },
  ['fast'],
  'NOT_NEEDED',
)

/** A call for that model, by nobody in particular. */
const asking = (model: string, over: Partial<RoutedCall> = {}): RoutedCall => ({
  request: { model, text: '{}' },
  viewer: { tenantId: 't', apiKeyId: null },
  tags: [],
  priority: 'NORMAL',
  startedAtEpochMs: 0,
  ...over,
})

const start = async (
  active = activeProviders([openai, simulator]),
  prices = createPriceBook(vendoredPrices()),
) => {
  const clock = new FakeClock()
  const catalogue = createCatalogue(active, { prices, clock, ttlMs: 600_000 })
  await catalogue.models()
  return { active, clock, catalogue, routes: createRoutes(active, { catalogue, prices, clock }) }
}

describe('a target', () => {
  it('has the price and the output limit of its model', async () => {
    const { routes } = await start()
    const [target] = routes.route(asking('openai:gpt-4.1-mini')).targets
    expect(target).toMatchObject({
      adapter: openai,
      model: 'gpt-4.1-mini',
      maxOutputTokens: 32_768,
      simulated: false,
    })
    expect(target?.price?.input).toBe(4_000_000_000n)
  })

  it('of an unknown model has no price, and a limit all the same', async () => {
    const { routes } = await start()
    expect(routes.route(asking('openai:my-model')).targets[0]).toMatchObject({
      price: undefined,
      maxOutputTokens: 131_072,
    })
  })

  it('can do what its provider lists, where the price list knows nothing', async () => {
    const models = [
      { id: 'gpt-4.1-mini', capabilities: ['AUDIO'] as const },
      { id: 'new', contextWindow: 9000, capabilities: ['TOOLS', 'REASONING'] as const },
      { id: 'bare' },
    ]
    const listing = listingAdapter({ name: 'openai', priceList: 'openai' }, () =>
      Promise.resolve(models),
    )
    const { routes } = await start(activeProviders([listing]))
    const target = (model: string) => routes.route(asking(`openai:${model}`)).targets[0]
    expect(target('new')).toMatchObject({
      capabilities: ['TOOLS', 'REASONING'],
      thinks: true,
      maxInputTokens: 9000,
    })
    expect(target('gpt-4.1-mini')?.capabilities).toContain('VISION')
    expect(target('bare')).toMatchObject({ capabilities: null, thinks: false })
  })

  it('of the simulator says so', async () => {
    const { routes } = await start()
    expect(routes.route(asking('simulator:fast')).targets[0]).toMatchObject({
      simulated: true,
      price: { version: expect.stringMatching(/^simulator-/) },
    })
  })

  it.each([
    ['agent:mcp', 'agent'],
    ['rag:docs', 'rag'],
    ['ollama:llama3', 'ollama'],
    ['gpt-4.1-mini', 'openai'],
    ['fast', 'ollama'],
  ])('of %s is %s', async (model, provider) => {
    const { routes } = await start()
    expect(routes.route(asking(model)).targets[0]?.adapter.config.name).toBe(provider)
  })
})

describe('a decision', () => {
  it('is remembered, and made anew when a list or the configuration changes', async () => {
    const { active, catalogue, routes } = await start()
    const first = routes.route(asking('openai:gpt-4.1-mini')).targets
    expect(routes.route(asking('openai:gpt-4.1-mini')).targets).toBe(first)
    catalogue.invalidate()
    expect(routes.route(asking('openai:gpt-4.1-mini')).targets).not.toBe(first)
    const other = listingAdapter({ name: 'openai' })
    active.set([other])
    expect(routes.route(asking('openai:gpt-4.1-mini')).targets[0]?.adapter).toBe(other)
    expect(routes.version).toBe(active.current.config.version)
  })

  it('takes a price that comes into force meanwhile', async () => {
    const soon = new Date(new FakeClock().epochMs() + 86_400_000).toISOString().slice(0, 10)
    const model = {
      id: 'm',
      source: 's',
      checked: '2026-11-22',
      prices: ['2026-01-01', soon].map((effectiveFrom, index) => ({
        effectiveFrom,
        input: `${index}`,
        output: '1',
      })),
    }
    const list = readPriceFile(
      JSON.stringify({ list: 'openai', date: '2026-11-22', models: [model] }),
    )
    const { clock, routes } = await start(undefined, createPriceBook(createPriceTable([list])))
    expect(routes.route(asking('openai:m')).targets[0]?.price?.input).toBe(0n)
    clock.advance(86_400_000)
    expect(routes.route(asking('openai:m')).targets[0]?.price?.input).toBe(10_000_000_000n)
  })

  it('has a new price as soon as somebody sets one', async () => {
    const prices = createPriceBook(vendoredPrices())
    const { routes } = await start(undefined, prices)
    expect(routes.route(asking('openai:unheard-of')).targets[0]?.price).toBeUndefined()
    const price = { version: 'v', effectiveFrom: '2026-01-01T00:00:00Z', input: 7n, output: 7n }
    prices.override('API', [{ providerName: 'openai', model: 'unheard-of', price }])
    expect(routes.route(asking('openai:unheard-of')).targets[0]?.price).toBe(price)
  })

  it('is forgotten after a thousand others', async () => {
    const { routes } = await start()
    const first = routes.route(asking('openai:m0')).targets
    for (let index = 1; index <= 999; index++) routes.route(asking(`openai:m${index}`))
    expect(routes.route(asking('openai:m0')).targets).toBe(first)
    routes.route(asking('openai:m1000'))
    expect(routes.route(asking('openai:m0')).targets).not.toBe(first)
  })

  it('is not remembered when there is none', async () => {
    const { routes } = await start()
    const refused = () => routes.route(asking('nobody:x')).targets
    expect(refused).toThrow(expect.objectContaining({ code: 'MODEL_NOT_FOUND' }))
    expect(refused).toThrow(expect.objectContaining({ code: 'MODEL_NOT_FOUND' }))
  })
})

describe('an Ollama that cannot be reached', () => {
  it('is not asked for a name that nobody lists', async () => {
    const ollama = listingAdapter({ name: 'ollama', kind: 'OLLAMA', priceList: 'local' }, () =>
      Promise.reject(new Error('refused')),
    )
    const { routes } = await start(activeProviders([openai], { ollama }))
    expect(() => routes.route(asking('gpt-9')).targets).toThrow(
      expect.objectContaining({ code: 'MODEL_NOT_FOUND', status: 404 }),
    )
    expect(routes.route(asking('ollama:gpt-9')).targets[0]?.adapter).toBe(ollama)
  })
})

describe('a configured name', () => {
  const route: RouteConfig = {
    name: 'smart',
    strategy: 'WEIGHTED',
    targets: [
      { name: 'openai:gpt-4.1-mini', weight: 3 },
      { name: 'simulator:fast', takesPrefix: true, resilience: noResilience, scope: 'smart' },
    ],
    rules: [
      {
        when: { tags: ['cheap'] },
        strategy: 'PRIORITY',
        targets: [{ name: 'simulator:fast' }],
      },
    ],
    larger: [{ name: 'openai:my-model' }],
    fallBackOn: ['CONTENT_BLOCKED'],
    recovery: 'ALIGN',
    streamGuard: 'BUFFER',
  }
  const configured = () =>
    start(
      activeProviders([openai, simulator], {
        aliases: { mini: 'openai:gpt-4.1-mini', best: 'smart' },
        routes: [route],
      }),
    )

  it('is a route with its targets, each with what it has of its own', async () => {
    const { routes } = await configured()
    expect(routes.route(asking('smart'))).toMatchObject({
      name: 'smart',
      strategy: 'WEIGHTED',
      targets: [
        { model: 'gpt-4.1-mini', weight: 3, takesPrefix: false, scope: undefined },
        { model: 'fast', weight: 1, takesPrefix: true, scope: 'smart', resilience: noResilience },
      ],
      larger: [{ model: 'my-model' }],
      fallBackOn: new Set(['CONTENT_BLOCKED']),
      recovery: 'ALIGN',
      streamGuard: 'BUFFER',
    })
  })

  it('is an alias of a model, or of a route', async () => {
    const { routes } = await configured()
    expect(routes.route(asking('mini')).targets).toMatchObject([{ model: 'gpt-4.1-mini' }])
    expect(routes.route(asking('best')).name).toBe('smart')
  })

  it('is found however its caller writes it', async () => {
    const { routes } = await start(
      activeProviders([openai], { aliases: { 'caf\u00e9': 'openai:my-model' } }),
    )
    for (const name of ['caf\u00e9', ' cafe\u0301 '])
      expect(routes.route(asking(name)).targets).toMatchObject([{ model: 'my-model' }])
  })

  it('goes by the first rule whose condition holds', async () => {
    const { routes } = await configured()
    expect(routes.route(asking('best', { tags: ['cheap', 'x'] }))).toMatchObject({
      name: 'smart rule 1',
      strategy: 'PRIORITY',
      targets: [{ model: 'fast' }],
    })
    expect(routes.route(asking('best', { tags: ['x'] })).strategy).toBe('WEIGHTED')
  })

  it('is decided anew when the configuration changes', async () => {
    const { active, routes } = await configured()
    const before = routes.route(asking('mini'))
    expect(routes.route(asking('mini'))).toBe(before)
    active.set([openai, simulator])
    expect(routes.route(asking('mini'))).not.toBe(before)
  })
})
