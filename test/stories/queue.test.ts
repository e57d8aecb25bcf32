import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { priorities } from '#domain/queue-order.ts'
import {
  chatDocument,
  type OpenAiDouble,
  openAiDouble,
  type SeenCall,
  writeDocument,
} from '../support/openai-double.ts'
import { type DoorOptions, openDoor, type RestDoor } from '../support/rest-door.ts'

interface Held {
  readonly user: string
  readonly provider: string
  finish(): void
}

let double: OpenAiDouble
let door: RestDoor
/** Calls that have reached a provider, in order. */
let held: Held[]

beforeEach(async () => {
  held = []
  double = await openAiDouble()
  double.script = (call, response) => {
    if (call.path.endsWith('/models')) return 'default'
    return void held.push({
      user: String(call.body['user']),
      provider: call.path.split('/')[1] ?? '',
      finish: () => writeDocument(response, chatDocument(paid, 'Hello.')),
    })
  }
})

afterEach(async () => {
  await double.close()
  await door.close()
})

const paid = { model: 'm', inputTokens: 1, outputTokens: 1, cachedTokens: 0, complete: true }
const soon = (check: () => void) => vi.waitFor(check, { interval: 1, timeout: 5000 })

const enter = async (options: DoorOptions) => {
  door = await openDoor({
    providers: [
      { name: 'v1', baseUrl: double.baseUrl },
      { name: 'small', baseUrl: `${double.origin}/small`, maxConcurrency: 1 },
    ],
    ...options,
  })
}

const ask = (
  user: string,
  {
    provider = 'v1',
    priority,
    signal,
  }: { provider?: string; priority?: string; signal?: AbortSignal } = {},
) =>
  fetch(`${door.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { ...(priority && { 'x-orchestrator-priority': priority }) },
    body: JSON.stringify({
      model: `${provider}:m`,
      user,
      messages: [{ role: 'user', content: 'hi' }],
    }),
    ...(signal && { signal }),
  })

/** Ends the calls that run, one after the other, until all that wait have had their turn. */
async function finishAll(count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    await soon(() => expect(held.length).toBeGreaterThan(index))
    held[index]?.finish()
  }
}

describe('two hundred calls for two slots', () => {
  it('are served by priority, and those whose callers have left are not served at all', async () => {
    await enter({ maxConcurrency: 2 })
    const first = [ask('first'), ask('first')]
    await soon(() => expect(held).toHaveLength(2))
    const gone = new AbortController()
    const answers = Array.from({ length: 200 }, (_, index) => {
      const priority = priorities[index % 4] ?? ''
      const leaves = index % 5 === 0
      return ask(leaves ? 'gone' : priority, { priority, ...(leaves && { signal: gone.signal }) })
    })
    const codes = Promise.allSettled(answers)
    await soon(() => expect(door.slots.waiting).toBe(200))
    expect(door.slots.taken).toBe(2)
    gone.abort()
    await soon(() => expect(door.slots.waiting).toBe(160))
    await finishAll(162)
    const served = held.slice(2).map(({ user }) => user)
    expect(served).toEqual(
      priorities.flatMap((priority) => served.filter((user) => user === priority)),
    )
    expect(served).toHaveLength(160)
    const ended = await codes
    expect(ended.filter(({ status }) => status === 'rejected')).toHaveLength(40)
    await Promise.all(first)
    await soon(() => expect(door.slots).toMatchObject({ taken: 0, waiting: 0 }))
    expect(door.records.ended.filter(({ status }) => status === 'CANCELLED')).toHaveLength(40)
  })
})

describe('a provider that is full', () => {
  it('keeps nobody from the others', async () => {
    await enter({ maxConcurrency: 3 })
    const answers = ['a', 'b', 'c', 'd'].map((user) => ask(user, { provider: 'small' }))
    await soon(() => expect(door.slots).toMatchObject({ taken: 1, waiting: 3 }))
    const other = ask('other', { priority: 'low' })
    await soon(() => expect(held.map(({ provider }) => provider)).toEqual(['small', 'v1']))
    held[1]?.finish()
    expect((await other).status).toBe(200)
    held[0]?.finish()
    for (const next of [2, 3, 4]) {
      await soon(() => expect(held).toHaveLength(next + 1))
      expect(door.slots.taken).toBe(1)
      held[next]?.finish()
    }
    expect(await Promise.all(answers.map(async (answer) => (await answer).status))).toEqual([
      ...Array<number>(4).fill(200),
    ])
  })
})

describe('a full queue', () => {
  it('lists models all the same, and tells how full it is', async () => {
    await enter({ maxConcurrency: 1 })
    const answers = [ask('a'), ask('b')]
    await soon(() => expect(door.slots.waiting).toBe(1))
    expect((await fetch(`${door.origin}/v1/models`)).status).toBe(200)
    const stats = await (await fetch(`${door.origin}/stats`)).json()
    expect(stats).toMatchObject({ concurrency: { max: 1, current_available: 0 } })
    await finishAll(2)
    await Promise.all(answers)
  })

  it('refuses one more with 503, and says when to come back', async () => {
    await enter({ maxConcurrency: 1, queue: { maxWaiting: 1 } })
    const answers = [ask('a'), ask('b')]
    await soon(() => expect(door.slots.waiting).toBe(1))
    const refused = await ask('c')
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await refused.json()).toMatchObject({ error: { code: 'queue_full' } })
    await finishAll(2)
    await Promise.all(answers)
  })

  it('refuses whoever has waited too long with 503', async () => {
    await enter({ maxConcurrency: 1, queue: { timeoutMs: 20 } })
    const running = ask('a')
    await soon(() => expect(held).toHaveLength(1))
    const refused = await ask('b')
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5'])
    expect(await refused.json()).toMatchObject({ error: { code: 'overloaded' } })
    expect(door.records.ended.at(-1)?.queuedMs).toBeGreaterThanOrEqual(20)
    await finishAll(1)
    expect((await running).status).toBe(200)
  })
})

describe('the agent', () => {
  it('calls back though there is one slot only', async () => {
    const agent = { name: 'agent', kind: 'AGENT' as const, baseUrl: `${double.origin}/agent` }
    await enter({
      maxConcurrency: 1,
      providers: [agent, { name: 'v1', baseUrl: double.baseUrl }],
    })
    const callBack = async (response: ServerResponse) => {
      const answer = await (await ask('agent')).json()
      writeDocument(response, chatDocument(paid, `It said ${answer.choices[0].message.content}`))
    }
    double.script = ({ path }: SeenCall, response) => {
      if (path.startsWith('/v1')) return 'default'
      return void callBack(response)
    }
    const answer = await (await ask('somebody', { provider: 'agent' })).json()
    expect(answer.choices[0].message.content).toBe('It said Hello there.')
    expect(door.slots).toMatchObject({ taken: 0, waiting: 0 })
  })
})

describe('a priority that is none', () => {
  it('is refused by its name', async () => {
    await enter({})
    const refused = await ask('a', { priority: 'urgent' })
    expect(refused.status).toBe(400)
    expect((await refused.json()).error).toMatchObject({ param: 'x-orchestrator-priority' })
  })
})
