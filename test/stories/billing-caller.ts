import { Agent, request } from 'undici'
import type { Behaviour, Script } from './billing-provider.ts'

/** How the caller behaves: by which door it comes, and whether it stays. */
export interface Visit {
  readonly script: Script
  readonly door: 'rest' | 'graphql'
  readonly leavesAfterMs: number | undefined
}

const maxTokens = 200
const dispatcher = new Agent({ connections: 400, pipelining: 1 })

/** Small pseudo-random numbers from a seed, so that a failing run can be repeated. */
export function dice(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296
    return Math.floor((state / 4_294_967_296) * below)
  }
}

/** Makes up a mixed load: whole, streamed, cut, cancelled and failing calls by both doors. */
export function mixedVisit(id: string, roll: (below: number) => number): Visit {
  const kinds: [Behaviour, boolean][] = [
    ['whole', false],
    ['whole', false],
    ['stream', false],
    ['stream', false],
    ['slow-stream', false],
    ['slow-stream', true],
    ['slow-whole', true],
    ['cut', false],
    ['refuse', false],
    ['overloaded', false],
  ]
  const [behaviour, leaves] = kinds[roll(kinds.length)] ?? ['whole', false]
  const promptTokens = 1 + roll(40)
  return {
    script: {
      id,
      behaviour,
      promptTokens,
      cachedTokens: roll(promptTokens + 1),
      completionTokens: 1 + roll(40),
    },
    door: behaviour === 'whole' && roll(2) === 0 ? 'graphql' : 'rest',
    leavesAfterMs: leaves ? 20 + roll(60) : undefined,
  }
}

const isStreamed = (behaviour: Behaviour) => ['stream', 'slow-stream', 'cut'].includes(behaviour)

/** Makes the call and reads what comes, to its end or until the caller leaves. Never throws: servers are killed here. */
export async function visit(origin: string, asked: Visit): Promise<void> {
  const leaving =
    asked.leavesAfterMs === undefined ? undefined : AbortSignal.timeout(asked.leavesAfterMs)
  const [path, body] =
    asked.door === 'rest'
      ? ['/v1/chat/completions', restBody(asked)]
      : ['/graphql', graphqlBody(asked)]
  try {
    const answer = await request(`${origin}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body,
      dispatcher,
      ...(leaving && { signal: leaving }),
    })
    for await (const part of answer.body) void part
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw thrown
  }
}

function restBody({ script }: Visit): string {
  const { id, ...rest } = script
  return JSON.stringify({
    model: 'openai:gpt-4.1-mini',
    messages: [{ role: 'user', content: `call ${id}` }],
    max_tokens: maxTokens,
    user: id,
    script: rest,
    ...(isStreamed(script.behaviour) && { stream: true }),
  })
}

function graphqlBody({ script }: Visit): string {
  const { id, ...rest } = script
  return JSON.stringify({
    query: `mutation ($input: CompletionInput!) { createCompletion(input: $input) {
      ... on CreateCompletionSuccess { completion { text cost { total } } } ... on Error { code message } } }`,
    variables: {
      input: {
        model: 'openai:gpt-4.1-mini',
        messages: [{ role: 'USER', content: [{ text: `call ${id}` }] }],
        maxOutputTokens: maxTokens,
        endUser: id,
        providerOptions: { user: id, script: rest },
      },
    },
  })
}
