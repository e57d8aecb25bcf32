import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BreakName, breaksOff, breaksOffInToolCall } from './broken-answers.ts'
import { answerOf, tokensIn } from './double-text.ts'
import { type FaultHouse, impatient, openHouse } from './fault-house.ts'
import { type ProviderDouble, startDouble } from './provider-double.ts'

const cuts: readonly BreakName[] = [
  'reset by the provider',
  'closed, of a body without a length',
  'a content-length that is too short',
  'a body that ends in order',
  'an error object',
  'a stall',
]

/** Routes of two targets, of which the first always breaks off at 40 of 60 tokens. */
const routes = {
  aligned: { second: 'second', recovery: undefined },
  continued: { second: 'third', recovery: undefined },
  wanted: { second: 'second', recovery: 'align' },
  failed: { second: 'third', recovery: 'fail' },
} as const

describe('the official client, of a stream that is cut at 40 of 60 tokens', () => {
  let first: ProviderDouble
  let second: ProviderDouble
  let third: ProviderDouble
  let house: FaultHouse
  let client: OpenAI

  beforeAll(async () => {
    first = await startDouble({ name: 'first' })
    second = await startDouble({ name: 'second' })
    third = await startDouble({ name: 'third', takesPrefix: true })
    const names = Object.entries(routes).flatMap(([route, rest]) =>
      cuts.map((_, index) => ({ model: `${route}-${index}`, ...rest })),
    )
    const timeouts = { stall_ms: impatient.stall_ms }
    house = await openHouse({
      providers: {
        first: { double: first },
        second: { double: second },
        third: { double: third, takes_prefix: true },
      },
      models: [...names.map(({ model }) => model), 'tools'],
      routes: Object.fromEntries([
        ...names.map(({ model, second: next, recovery }) => [
          model,
          { targets: [{ target: `first:${model}`, timeouts }, `${next}:${model}`], recovery },
        ]),
        ['tools', { targets: ['first:tools', 'second:tools'], recovery: 'align' }],
      ]),
    })
    client = new OpenAI({ baseURL: `${house.origin}/v1`, apiKey: 'none', maxRetries: 0 })
  })
  afterAll(async () => {
    await house?.close()
    for (const double of [first, second, third]) await double?.close()
  })

  /** Reads a stream as callers do: all its text, or what it threw. */
  async function read(model: string, temperature?: number) {
    let text = ''
    let finish: string | null | undefined
    try {
      const stream = await client.chat.completions.create({
        model,
        messages: [{ role: 'user', content: 'tell me of the river' }],
        stream: true,
        ...(temperature !== undefined && { temperature }),
      })
      for await (const { choices } of stream) {
        text += choices[0]?.delta.content ?? ''
        finish = choices[0]?.finish_reason ?? finish
      }
      return { text, finish, thrown: undefined }
    } catch (thrown) {
      return { text, finish, thrown }
    }
  }

  const each = cuts.map((cut, index) => [cut, index] as const)

  it.each(each)('reads all of it where the same model says the same (%s)', async (cut, index) => {
    first.play(`aligned-${index}`, breaksOff(cut, 40))
    const { text, finish, thrown } = await read(`aligned-${index}`, 0)
    expect(thrown).toBeUndefined()
    expect(text).toBe(answerOf(`aligned-${index}`).join(''))
    expect(finish).toBe('stop')
  })

  it.each(each)('reads all of it where the next target takes a prefix (%s)', async (cut, index) => {
    const model = `continued-${index}`
    first.play(model, breaksOff(cut, 40))
    const { text, finish, thrown } = await read(model)
    expect(thrown).toBeUndefined()
    expect(tokensIn(text)).toBe(60)
    expect(third.billOf(model).map((entry) => [entry.text, entry.tokens])).toEqual([[text, 20]])
    expect(finish).toBe('stop')
  })

  it.each(each)(
    'raises an error where the next target says something else (%s)',
    async (cut, index) => {
      const model = `wanted-${index}`
      first.play(model, breaksOff(cut, 40))
      expectRaised(model, await read(model))
    },
  )

  it.each(each)('raises an error where nobody may go on (%s)', async (cut, index) => {
    const model = `failed-${index}`
    first.play(model, breaksOff(cut, 40))
    expectRaised(model, await read(model, 0))
    expect(third.billOf(model)).toEqual([])
  })

  it('raises an error behind a tool call, whatever the route wants', async () => {
    first.play('tools', breaksOffInToolCall)
    const { thrown } = await read('tools', 0)
    expect(thrown).toBeInstanceOf(OpenAI.APIError)
    expect(second.billOf('tools')).toEqual([])
    expect(first.billOf('tools')).toHaveLength(1)
  })

  function expectRaised(
    model: string,
    { text, finish, thrown }: Awaited<ReturnType<typeof read>>,
  ): void {
    expect(thrown).toBeInstanceOf(OpenAI.APIError)
    expect(finish ?? null).toBeNull()
    expect(tokensIn(text)).toBe(40)
    expect(first.billOf(model)[0]?.text?.startsWith(text)).toBe(true)
  }
})
