import { afterAll, beforeAll, expect, it } from 'vitest'
import { openApiDocument } from '#rest/docs/openapi.ts'
import { operations } from '#rest/docs/operations.ts'
import { routingHeaders } from '#rest/openai/asked-routing.ts'
import { chatSchema } from '#rest/openai/chat-schema.ts'
import { openDoor, type RestDoor } from '#test/support/rest-door.ts'

let door: RestDoor
beforeAll(async () => (door = await openDoor({ token: 'right' })))
afterAll(() => door.close())

const document = openApiDocument('1.2.3')
const text = JSON.stringify(document)

it('refers only to what it defines', () => {
  const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(
    ([, name]) => name,
  )
  const { schemas } = document['components'] as { schemas: object }
  expect(references.length).toBeGreaterThan(10)
  expect(references.filter((name) => !Object.hasOwn(schemas, name ?? ''))).toEqual([])
  expect(text).not.toContain('__shared')
})

it('names every field that the schema checks', () => {
  const { schemas } = document['components'] as {
    schemas: Record<string, { properties: object; required: string[] }>
  }
  expect(Object.keys(schemas['ChatRequest']?.properties ?? {})).toEqual(
    Object.keys(chatSchema.shape),
  )
  expect(schemas['ChatRequest']?.required).toEqual(['model'])
})

it.each(['/v1/chat/completions', '/v1/embeddings'])('names the headers of %s', (path) => {
  const { parameters = [] } = operations.find((each) => each.path === path) ?? {}
  const headers = parameters.map(({ name }) => name)
  expect(headers).toEqual(expect.arrayContaining(Object.values(routingHeaders)))
  expect(new Set(headers).size).toBe(headers.length)
})

it.each(
  operations
    .filter(({ path }) => path !== '/dashboard')
    .map(({ method, path, open = false }) => [method.toUpperCase(), path, open] as const),
)('describes %s %s as it is (open: %s)', async (method, path, open) => {
  const answer = await fetch(door.origin + path.replace('{id}', 'x'), {
    method,
    redirect: 'manual',
  })
  expect(answer.status).not.toBe(404)
  expect(answer.status).not.toBe(405)
  expect(answer.status === 401).toBe(!open)
})

const bodies = operations.flatMap(({ path, body }) => (body ? [[path, body] as const] : []))

it.each(bodies)(
  'gives an example for %s that its own schema accepts',
  (_path, { example, schema }) => {
    expect(schema.safeParse(example).success).toBe(true)
  },
)

it.each(['/docs', '/redoc'])(
  'shows every operation at %s, without script and without another host',
  async (path) => {
    const answer = await fetch(door.origin + path)
    const page = await answer.text()
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(page).toContain('<title>router</title>')
    for (const operation of operations) expect(page).toContain(operation.summary)
    expect(page).not.toMatch(/<script|style="|\son\w+=/)
    const addresses = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(
      ([, address = '']) => address,
    )
    expect(addresses.filter((address) => !/^[#/]/.test(address))).toEqual([])
  },
)

it('shows a Host as text', async () => {
  const page = await (await fetch(`${door.origin}/docs`)).text()
  expect(page).toContain(`${door.origin}/v1`)
})
