import { createClient } from 'graphql-ws'
import type { DemoCall } from './demo-call.ts'

/** How a call of the demo ended, as its caller saw it. */
export type DemoOutcome = 'answered' | 'refused' | 'broken' | 'hung up' | 'unreachable'

export interface DemoServer {
  /** Without a trailing slash. */
  readonly origin: string
  readonly token: string | undefined
}

const weather = {
  name: 'weather',
  description: 'The weather in a city',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}

const createCompletion = `mutation Demo($input: CompletionInput!) {
  createCompletion(input: $input) { __typename ... on Error { code message } }
}`

const completionStream = `subscription Demo($input: CompletionInput!) {
  completionStream(input: $input) { __typename seq }
}`

/** Makes one call and reads its answer to the end, or hangs up. It never throws. */
export async function makeCall(call: DemoCall, server: DemoServer): Promise<DemoOutcome> {
  const hangUp = new AbortController()
  const timer =
    call.hangUpAfterMs === undefined
      ? undefined
      : setTimeout(() => hangUp.abort(), call.hangUpAfterMs)
  try {
    return await doors[call.door](call, { server, signal: hangUp.signal })
  } catch {
    return hangUp.signal.aborted ? 'hung up' : 'unreachable'
  } finally {
    clearTimeout(timer)
  }
}

type Door = (
  call: DemoCall,
  way: { server: DemoServer; signal: AbortSignal },
) => Promise<DemoOutcome>

const doors: Readonly<Record<DemoCall['door'], Door>> = {
  REST: (call, way) => rest('/v1/chat/completions', { ...way, call, body: chatBody(call, false) }),
  REST_STREAM: (call, way) =>
    rest('/v1/chat/completions', { ...way, call, body: chatBody(call, true) }),
  EMBEDDINGS: (call, way) =>
    rest('/v1/embeddings', {
      ...way,
      call,
      body: { model: call.model, input: [call.prompt], user: call.endUser },
    }),
  GRAPHQL: graphql,
  GRAPHQL_STREAM: graphqlStream,
}

function chatBody(call: DemoCall, stream: boolean): object {
  return {
    model: call.model,
    messages: [{ role: 'user', content: call.prompt }],
    stream,
    user: call.endUser,
    ...(call.maxTokens !== undefined && { max_tokens: call.maxTokens }),
    ...(call.withTool && { tools: [{ type: 'function', function: weather }] }),
  }
}

async function rest(
  path: string,
  {
    server,
    signal,
    call,
    body,
  }: { server: DemoServer; signal: AbortSignal; call: DemoCall; body: object },
): Promise<DemoOutcome> {
  const response = await fetch(`${server.origin}${path}`, {
    method: 'POST',
    headers: { ...headersOf(server), 'x-orchestrator-tags': `demo,${call.tag}` },
    body: JSON.stringify(body),
    signal,
  })
  const text = await response.text()
  if (!response.ok) return 'refused'
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream')
  return isStream && !text.includes('data: [DONE]') ? 'broken' : 'answered'
}

async function graphql(
  call: DemoCall,
  { server, signal }: { server: DemoServer; signal: AbortSignal },
): Promise<DemoOutcome> {
  const response = await fetch(`${server.origin}/graphql`, {
    method: 'POST',
    headers: { ...headersOf(server), accept: 'application/graphql-response+json' },
    body: JSON.stringify({ query: createCompletion, variables: { input: inputOf(call) } }),
    signal,
  })
  const answer = (await response.json()) as {
    data?: { createCompletion?: { __typename: string } } | null
  }
  return answer.data?.createCompletion?.__typename === 'CreateCompletionSuccess'
    ? 'answered'
    : 'refused'
}

async function graphqlStream(
  call: DemoCall,
  { server, signal }: { server: DemoServer; signal: AbortSignal },
): Promise<DemoOutcome> {
  const client = createClient({
    url: `${server.origin.replace(/^http/, 'ws')}/graphql`,
    connectionParams: server.token === undefined ? {} : { authorization: `Bearer ${server.token}` },
    retryAttempts: 0,
  })
  signal.addEventListener('abort', () => void client.dispose())
  try {
    let last: string | undefined
    for await (const { data, errors } of client.iterate<{
      completionStream: { __typename: string }
    }>({
      query: completionStream,
      variables: { input: inputOf(call) },
    })) {
      if (errors) return 'refused'
      last = data?.completionStream.__typename
    }
    if (signal.aborted) return 'hung up'
    return last === 'CompletionFailed' ? 'broken' : 'answered'
  } finally {
    await client.dispose()
  }
}

function inputOf(call: DemoCall): object {
  return {
    model: call.model,
    messages: [{ role: 'USER', content: [{ text: call.prompt }] }],
    endUser: call.endUser,
    tags: ['demo', call.tag],
    ...(call.maxTokens !== undefined && { maxOutputTokens: call.maxTokens }),
    ...(call.withTool && { tools: [weather] }),
  }
}

function headersOf({ token }: DemoServer): Record<string, string> {
  return {
    'content-type': 'application/json',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  }
}
