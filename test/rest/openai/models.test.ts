import { afterEach, expect, it } from 'vitest'
import { listModels, type OfferedModel } from '#rest/openai/models.ts'
import { testPrice } from '#test/support/fake-gateway.ts'
import { openDoor, type RestDoor } from '#test/support/rest-door.ts'

let door: RestDoor
afterEach(() => door.close())

async function shown(model: OfferedModel): Promise<unknown> {
  const route = {
    path: '/models',
    access: 'open' as const,
    methods: { GET: listModels(async () => [model]) },
  }
  door = await openDoor({ routes: [route] })
  const answer = await fetch(`${door.origin}/models`)
  const { data } = (await answer.json()) as { data: unknown[] }
  return data[0]
}

const plain = { id: 'openai:m', object: 'model', owned_by: 'openai' }
const offered: OfferedModel = { id: 'openai:m', ownedBy: 'openai' }

it('a model of which nothing is told has what v0.7.2 had, and no more', async () => {
  expect(await shown(offered)).toEqual(plain)
})

it('a model is listed with what is known of it', async () => {
  const known = {
    contextWindow: 128_000,
    maxOutputTokens: 4096,
    capabilities: ['TOOLS', 'JSON_SCHEMA'] as const,
    price: testPrice,
    aliases: ['m-latest'],
    available: true,
  }
  expect(await shown({ ...offered, known })).toEqual({
    ...plain,
    context_window: 128_000,
    max_output_tokens: 4096,
    capabilities: ['tools', 'json_schema'],
    price: { input: '1', output: '4' },
    aliases: ['m-latest'],
    available: true,
  })
})

it('what nobody knows is null', async () => {
  const known = {
    contextWindow: null,
    maxOutputTokens: null,
    capabilities: [],
    price: null,
    aliases: [],
    available: false,
  }
  expect(await shown({ ...offered, known })).toEqual({
    ...plain,
    context_window: null,
    max_output_tokens: null,
    capabilities: [],
    price: null,
    aliases: [],
    available: false,
  })
})
