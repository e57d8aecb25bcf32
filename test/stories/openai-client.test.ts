import { inspect } from 'node:util'
import OpenAI from 'openai'
import { afterEach, expect, it } from 'vitest'
import {
  openAiDouble,
  streamAnswer,
  writeDocument,
  chatDocument,
} from '#test/support/openai-double.ts'
import { openDoor } from '#test/support/rest-door.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

async function setup({ legacy = false } = {}) {
  const double = await openAiDouble()
  closers.push(() => double.close())
  const door = await openDoor({
    legacy,
    token: 'secret-token',
    providers: [{ name: 'openai', baseUrl: double.baseUrl, apiKeyEnv: 'KEY' }],
    keys: { KEY: 'sk-upstream' },
  })
  closers.push(() => door.close())
  const client = new OpenAI({ baseURL: `${door.origin}/v1`, apiKey: 'secret-token', maxRetries: 0 })
  return { double, door, client }
}

const question = { model: 'openai:gpt-test', messages: [{ role: 'user' as const, content: 'hi' }] }

it('answers a whole completion', async () => {
  const { client, double, door } = await setup()
  const answer = await client.chat.completions.create(question)
  expect(answer.choices[0]?.message.content).toBe('Hello there.')
  expect(answer.usage?.total_tokens).toBe(16)
  expect(double.calls[0]?.body).toEqual({ ...question, model: 'gpt-test' })
  expect(double.calls[0]?.headers.authorization).toBe('Bearer sk-upstream')
  expect(door.records.ended[0]?.usage).toMatchObject({ inputTokens: 12, outputTokens: 4 })
})

it('streams a completion, and withholds the usage that nobody asked for', async () => {
  const { client } = await setup()
  const stream = await client.chat.completions.create({ ...question, stream: true })
  const chunks = await Array.fromAsync(stream)
  expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe('Hello there.')
  expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop')
  expect(chunks.some(({ usage }) => usage)).toBe(false)
})

it('streams the usage frame to whoever asks for it', async () => {
  const { client } = await setup()
  const stream = await client.chat.completions.create({
    ...question,
    stream: true,
    stream_options: { include_usage: true },
  })
  const chunks = await Array.fromAsync(stream)
  expect(chunks.at(-1)).toMatchObject({
    choices: [],
    usage: { prompt_tokens: 12, completion_tokens: 4 },
  })
})

it('carries tools both ways', async () => {
  const { client, double } = await setup()
  const tool_calls = [
    { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Bonn"}' } },
  ]
  double.script = (call, response) =>
    writeDocument(
      response,
      chatDocument(
        { model: 'gpt-test', inputTokens: 1, outputTokens: 1, cachedTokens: 0, complete: true },
        '',
        { tool_calls },
      ),
    )
  const tools = [
    { type: 'function' as const, function: { name: 'weather', parameters: { type: 'object' } } },
  ]
  const answer = await client.chat.completions.create({ ...question, tools })
  expect(answer.choices[0]?.message.tool_calls).toEqual(tool_calls)
  expect(double.calls[0]?.body['tools']).toEqual(tools)
})

it('embeds texts', async () => {
  const { client } = await setup()
  const { data, usage } = await client.embeddings.create({
    model: 'openai:embed-test',
    input: ['a', 'b'],
  })
  expect(data.map(({ embedding }) => embedding)).toEqual([
    [0.25, -0.5],
    [0.25, -0.5],
  ])
  expect(usage.total_tokens).toBe(6)
})

it('lists models and finds one', async () => {
  const { client } = await setup()
  const ids = (await Array.fromAsync(client.models.list())).map(({ id }) => id)
  expect(ids).toEqual(['openai:gpt-test', 'openai:gpt-other', 'openai:embed-test'])
  expect((await client.models.retrieve('openai:gpt-other')).id).toBe('openai:gpt-other')
  await expect(client.models.retrieve('openai:none')).rejects.toBeInstanceOf(OpenAI.NotFoundError)
})

it('stops the provider within 500 ms when the client aborts, and writes the call down', async () => {
  const { client, double, door } = await setup()
  let tokens = 0
  double.script = (call, response) =>
    void streamAnswer(call, {
      response,
      bill: double.bill,
      tokens: Array.from({ length: 100_000 }, () => 'word '),
      before: () => new Promise((resolve) => setTimeout(resolve, 5)).then(() => void tokens++),
    })
  const stream = await client.chat.completions.create({ ...question, stream: true })
  for await (const _chunk of stream) if (tokens > 3) break
  const since = performance.now()
  const ended = door.nextEnded()
  stream.controller.abort()
  await double.calls[0]?.aborted
  expect(performance.now() - since).toBeLessThan(500)
  const record = door.records.ended[0] ?? (await ended)
  expect(record).toMatchObject({ status: 'CANCELLED', usage: { source: 'ESTIMATED' } })
  expect(record.usage?.outputTokens).toBeGreaterThanOrEqual(double.bill[0]?.outputTokens ?? 0)
})

const errorClasses = [
  [400, OpenAI.BadRequestError],
  [401, OpenAI.AuthenticationError],
  [403, OpenAI.PermissionDeniedError],
  [404, OpenAI.NotFoundError],
  [422, OpenAI.UnprocessableEntityError],
  [429, OpenAI.RateLimitError],
  [500, OpenAI.InternalServerError],
  [503, OpenAI.InternalServerError],
] as const

it.each(
  errorClasses.flatMap(([status, type]) =>
    [false, true].map((stream) => [status, type, stream] as const),
  ),
)(
  'relays a provider’s %i as the client’s own error class (%o, streamed: %o)',
  async (status, type, stream) => {
    const { client, double } = await setup()
    const error = { message: 'no, thanks', type: 'some_error', param: null, code: 'some_code' }
    double.script = (_call, response) =>
      writeDocument(response, { error }, { status, headers: { 'retry-after': '7' } })
    const thrown = await client.chat.completions
      .create({ ...question, stream })
      .catch((caught: unknown) => caught)
    expect(thrown).toBeInstanceOf(type)
    expect(thrown).toMatchObject({ status, error, code: 'some_code' })
    expect((thrown as InstanceType<typeof OpenAI.APIError>).headers?.get('retry-after')).toBe('7')
  },
)

it('refuses a wrong token with the client’s own error class', async () => {
  const { door } = await setup()
  const client = new OpenAI({ baseURL: `${door.origin}/v1`, apiKey: 'wrong', maxRetries: 0 })
  await expect(client.chat.completions.create(question)).rejects.toBeInstanceOf(
    OpenAI.PermissionDeniedError,
  )
})

it('makes the client throw when a stream breaks off in the middle', async () => {
  const { client, double, door } = await setup()
  double.script = (call, response) =>
    void streamAnswer(call, {
      response,
      bill: double.bill,
      tokens: ['one ', 'two ', 'three '],
      cutAfter: 2,
    })
  const stream = await client.chat.completions.create({ ...question, stream: true })
  let text = ''
  const reading = (async () => {
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
  })()
  await expect(reading).rejects.toBeInstanceOf(OpenAI.APIError)
  expect(text).toBe('one two ')
  expect(door.records.ended[0]).toMatchObject({ status: 'FAILED', usage: { source: 'ESTIMATED' } })
})

it('never shows the provider’s key, even where the provider echoes it', async () => {
  const { double, door } = await setup()
  const error = { message: 'Incorrect API key provided: sk-upstream', deep: ['sk-upstream'] }
  double.script = (_call, response) => writeDocument(response, { error }, { status: 401 })
  const answer = await fetch(`${door.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer secret-token' },
    body: JSON.stringify(question),
  })
  expect(answer.status).toBe(401)
  expect(await answer.text()).not.toContain('sk-upstream')
  expect(inspect(door.records.ended, { depth: null })).not.toContain('sk-upstream')
})
