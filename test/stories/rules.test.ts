import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import OpenAI, { type APIError } from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { post } from '../support/graphql-server.ts'
import { RawSocket } from '../support/graphql-socket.ts'
import { type OpenAiDouble, openAiDouble, streamAnswer } from '../support/openai-double.ts'
import { createDatabase, type TestDatabase } from '../support/postgres.ts'
import {
  type RunningServer,
  type ServerFolder,
  serverFolder,
  startServer,
} from '../support/server.ts'

let database: TestDatabase
let provider: OpenAiDouble
let folder: ServerFolder
let server: RunningServer
let client: OpenAI

const rules = `
rules:
  - name: no-weapons
    when: { model: ['openai:gpt-o*'] }
    action: { deny: This company does not ask that model. }
  - name: nobodys-address
    action: { redact: [email, { pattern: 'EMP-\\d{6}', as: '[EMPLOYEE]' }] }
  - name: house-style
    action: { append_system_prompt: Be brief. }
  - name: not-too-much
    action: { clamp_parameters: { max_tokens: { max: 100 } } }
  - name: no-address-back
    on: response
    action: { redact: [email] }
  - name: no-secret-back
    on: response
    action: { block: { find: [{ pattern: 'TOP SECRET' }], message: That stays here. } }
`

beforeAll(async () => {
  database = await createDatabase()
  provider = await openAiDouble()
  folder = serverFolder()
  writeFileSync(
    join(folder.path, 'providers.yaml'),
    `version: 1\nproviders:\n  openai: { type: openai, base_url: ${provider.baseUrl} }\n${rules}`,
  )
  server = await startServer({
    ...folder.env,
    DATABASE_URL: database.url,
    OPENAI_API_KEY: 'test',
  })
  client = new OpenAI({ baseURL: `${server.origin}/v1`, apiKey: 'any', maxRetries: 0 })
}, 60_000)

afterAll(async () => {
  await server.stop()
  folder.remove()
  await provider.close()
  await database.drop()
})

const mail = 'ann.lee@example.com'
const question = {
  model: 'openai:gpt-test',
  max_tokens: 5000,
  messages: [{ role: 'user' as const, content: `I am ${mail}, EMP-123456.` }],
}
const ruledBody = {
  model: 'gpt-test',
  max_tokens: 100,
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'I am [EMAIL], [EMPLOYEE].' },
  ],
}

/** From now on the provider answers with these pieces, of a stream the first one, and those behind it when it goes on. */
function answers(...tokens: string[]): { goOn: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  provider.script = (call, response) => {
    if (call.path !== '/v1/chat/completions') return 'default'
    if (call.body['stream'] === true)
      void streamAnswer(call, {
        response,
        bill: provider.bill,
        tokens,
        before: async (index) => (index === 1 ? promise : undefined),
      })
    else {
      const document = {
        id: 'chatcmpl-double',
        object: 'chat.completion',
        choices: [
          {
            index: 0,
            message: { role: 'assistant', content: tokens.join('') },
            finish_reason: 'stop',
          },
        ],
        usage: { prompt_tokens: 12, completion_tokens: 4, total_tokens: 16 },
      }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document))
    }
    return undefined
  }
  return { goOn: resolve }
}

const cutMail = ['If you please, write to ', 'ann', '.lee', '@exam', 'ple.c', 'om', ' or call', '.']
const cleanAnswer = 'If you please, write to [EMAIL] or call.'

async function graphql(query: string, variables: object = {}) {
  const { json } = await post(`${server.origin}/graphql`, { query, variables })
  expect(json.errors).toBeUndefined()
  return json.data as Record<string, Record<string, unknown>>
}

const input = {
  model: question.model,
  maxOutputTokens: 5000,
  messages: [{ role: 'USER', content: [{ text: question.messages[0]?.content }] }],
}

describe('an address', () => {
  it('does not reach the provider, nor come back over a stream, by REST', async () => {
    const { goOn } = answers(...cutMail)
    const stream = await client.chat.completions.create({ ...question, stream: true })
    const pieces: string[] = []
    let finish: string | null | undefined
    for await (const { choices } of stream) {
      pieces.push(choices[0]?.delta.content ?? '')
      finish = choices[0]?.finish_reason
      goOn()
    }
    expect(pieces.join('')).toBe(cleanAnswer)
    expect(pieces.length).toBeGreaterThan(1)
    expect(finish).toBe('stop')
    const seen = provider.calls.at(-1)
    expect(seen?.body).toMatchObject(ruledBody)
    expect(seen?.text).not.toContain('ann')
  })

  it('does not come back in a whole answer by REST, which keeps its usage', async () => {
    answers(...cutMail)
    const answer = await client.chat.completions.create(question)
    expect(answer.choices[0]?.message.content).toBe(cleanAnswer)
    expect(answer.usage?.total_tokens).toBe(16)
  })

  it('does not reach the provider, nor come back, by GraphQL', async () => {
    answers(...cutMail)
    const { createCompletion } = await graphql(
      `
        mutation ($input: CompletionInput!) {
          createCompletion(input: $input) {
            ... on CreateCompletionSuccess {
              completion {
                text
              }
            }
          }
        }
      `,
      { input },
    )
    expect(createCompletion).toEqual({ completion: { text: cleanAnswer } })
    expect(provider.calls.at(-1)?.body).toMatchObject({ messages: ruledBody.messages })
    expect(provider.calls.at(-1)?.text).not.toContain('ann')
  })

  it('does not come back over a stream by GraphQL', async () => {
    answers(...cutMail).goOn()
    const socket = new RawSocket(`${server.origin.replace('http', 'ws')}/graphql`)
    await socket.acknowledged()
    socket.subscribe(
      'stream',
      `subscription ($input: CompletionInput!) { completionStream(input: $input) { __typename
        ... on CompletionTextDelta { text } ... on CompletionFinished { completion { text } } } }`,
      { input },
    )
    await socket.until(({ id, type }) => id === 'stream' && type !== 'next')
    const events = socket.results('stream')
    const said = events.filter((event) => event['__typename'] === 'CompletionTextDelta')
    expect(said.map((event) => event['text']).join('')).toBe(cleanAnswer)
    expect(events.at(-1)).toMatchObject({ completion: { text: cleanAnswer } })
    expect(JSON.stringify(socket.received)).not.toContain('example')
    await socket.lose()
  })
})

describe('a plan', () => {
  it('says what rules would do', async () => {
    const { explainCompletion } = await graphql(
      `
        query ($input: CompletionInput!) {
          explainCompletion(input: $input) {
            blockedBy {
              message
            }
            rules {
              name
              on
              action
              effect
            }
          }
        }
      `,
      { input },
    )
    expect(explainCompletion).toEqual({
      blockedBy: [],
      rules: [
        {
          name: 'nobodys-address',
          on: 'REQUEST',
          action: 'REDACT',
          effect: 'It redacts 2 places.',
        },
        {
          name: 'house-style',
          on: 'REQUEST',
          action: 'APPEND_SYSTEM_PROMPT',
          effect: 'It appends its prompt to the system message.',
        },
        {
          name: 'not-too-much',
          on: 'REQUEST',
          action: 'CLAMP_PARAMETERS',
          effect: 'It brings parameters within its bounds: 1.',
        },
        {
          name: 'no-address-back',
          on: 'RESPONSE',
          action: 'REDACT',
          effect: 'It redacts what it finds in the answer.',
        },
        {
          name: 'no-secret-back',
          on: 'RESPONSE',
          action: 'BLOCK',
          effect: 'It blocks what it finds in the answer.',
        },
      ],
    })
  })

  it('says that a rule would refuse', async () => {
    const { explainCompletion } = await graphql(
      `
        query ($input: CompletionInput!) {
          explainCompletion(input: $input) {
            blockedBy {
              code
              message
            }
            rules {
              name
              effect
            }
          }
        }
      `,
      { input: { ...input, model: 'openai:gpt-other' } },
    )
    expect(explainCompletion).toMatchObject({
      blockedBy: [{ code: 'CONTENT_BLOCKED', message: 'This company does not ask that model.' }],
    })
    expect(explainCompletion?.['rules']).toContainEqual({
      name: 'no-weapons',
      effect: 'It refuses the call.',
    })
  })
})

describe('a rule that refuses', () => {
  it('answers with its message, and asks nobody', async () => {
    const before = provider.calls.length
    const refused = client.chat.completions.create({ ...question, model: 'openai:gpt-other' })
    const error = await refused.catch((thrown: APIError) => thrown)
    expect(error).toMatchObject({
      status: 400,
      code: 'content_blocked',
      message: expect.stringContaining('This company does not ask that model.'),
    })
    expect(provider.calls.length).toBe(before)
  })

  it('stops an answer before what it blocks', async () => {
    const { goOn } = answers('Fine so far. ', 'x'.repeat(400), ' TOP', ' SECRET: 42', ' and more')
    const stream = await client.chat.completions.create({ ...question, stream: true })
    let text = ''
    const read = async () => {
      for await (const chunk of stream) {
        text += chunk.choices[0]?.delta.content ?? ''
        goOn()
      }
    }
    await expect(read()).rejects.toThrow('That stays here.')
    expect(`Fine so far. ${'x'.repeat(400)} `.startsWith(text)).toBe(true)
  })

  it('charges a blocked whole answer by what the provider says', async () => {
    answers('It is TOP SECRET.')
    await expect(client.chat.completions.create(question)).rejects.toThrow('That stays here.')
    const { requests } = await graphql(`
      {
        requests(filter: { time: { relative: { from: "now-1h" } } }, first: 1) {
          edges {
            node {
              status
              errorCode
              usage {
                inputTokens
                outputTokens
              }
            }
          }
        }
      }
    `)
    expect(requests).toEqual({
      edges: [
        {
          node: {
            status: 'FAILED',
            errorCode: 'CONTENT_BLOCKED',
            usage: { inputTokens: 12, outputTokens: 4 },
          },
        },
      ],
    })
  })
})

it('answers one choice only where a rule looks at answers', async () => {
  await expect(client.chat.completions.create({ ...question, n: 2 })).rejects.toThrow('n: 1')
})

it('counts what each rule did', async () => {
  const text = await (await fetch(`${server.origin}/metrics`)).text()
  const counts = (rule: string) =>
    Number(
      new RegExp(`^orchestrator_rule_actions_total\\{rule="${rule}".*\\} (\\d+)$`, 'm').exec(
        text,
      )?.[1],
    )
  expect(counts('nobodys-address')).toBeGreaterThanOrEqual(6)
  expect(counts('no-address-back')).toBe(4)
  expect(counts('no-weapons')).toBe(1)
})
