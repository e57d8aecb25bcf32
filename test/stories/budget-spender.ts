import { Agent, type Dispatcher, request } from 'undici'
import type { Script } from './billing-provider.ts'

/** How a call comes in, and whether its answer is streamed. */
export const doors = ['REST', 'REST_STREAM', 'GRAPHQL', 'GRAPHQL_STREAM'] as const
export type Door = (typeof doors)[number]

/** What became of a call. ODD is whatever nobody may be told of a budget, with the words. */
export type Outcome =
  | { readonly kind: 'DONE' }
  | { readonly kind: 'EXCEEDED'; readonly message: string }
  | { readonly kind: 'BUSY' }
  | { readonly kind: 'ODD'; readonly found: unknown }

export interface Spending {
  readonly door: Door
  readonly endUser: string
  readonly script: Script
}

/** Connections for so many callers at once to each server. */
export const spendersAgent = (atOnce: number): Agent =>
  new Agent({ connections: atOnce, pipelining: 1 })

const maxTokens = 60
const model = 'openai:gpt-4.1-mini'

const graphqlInput = ({ endUser, script }: Spending) => ({
  model,
  messages: [{ role: 'USER', content: [{ text: 'spend' }] }],
  maxOutputTokens: maxTokens,
  endUser,
  providerOptions: { script },
})

const restBody = ({ door, endUser, script }: Spending) => ({
  model,
  messages: [{ role: 'user', content: 'spend' }],
  max_tokens: maxTokens,
  user: endUser,
  script,
  ...(door === 'REST_STREAM' && { stream: true }),
})

const failure = '__typename code message retryable ... on OverloadedError { retryAfterMs }'
const mutation = `mutation ($input: CompletionInput!) { createCompletion(input: $input) {
  __typename ... on Error { ${failure} } } }`
const subscription = `subscription ($input: CompletionInput!) { completionStream(input: $input) {
  __typename ... on CompletionFailed { error { ${failure} } } } }`

/** Makes a call and reads its answer to the end. */
export async function spend(
  origin: string,
  spending: Spending,
  dispatcher: Agent,
): Promise<Outcome> {
  const { door } = spending
  const isRest = door === 'REST' || door === 'REST_STREAM'
  const query = door === 'GRAPHQL_STREAM' ? subscription : mutation
  const body = isRest ? restBody(spending) : { query, variables: { input: graphqlInput(spending) } }
  const accept = door === 'GRAPHQL_STREAM' ? 'text/event-stream' : 'application/json'
  const answer = await request(`${origin}${isRest ? '/v1/chat/completions' : '/graphql'}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept },
    body: JSON.stringify(body),
    dispatcher,
  })
  const text = await answer.body.text()
  if (isRest) return restOutcome(spending, answer, text)
  if (answer.statusCode !== 200) return { kind: 'ODD', found: text }
  return door === 'GRAPHQL' ? mutationOutcome(text) : subscriptionOutcome(text)
}

function restOutcome(
  { door }: Spending,
  { statusCode, headers }: Dispatcher.ResponseData,
  text: string,
): Outcome {
  const odd: Outcome = { kind: 'ODD', found: { statusCode, headers, text } }
  if (statusCode === 200) {
    const whole = door === 'REST' ? text.includes('"finish_reason"') : text.includes('data: [DONE]')
    return whole ? { kind: 'DONE' } : odd
  }
  const { error } = JSON.parse(text)
  const wait = headers['retry-after']
  if (statusCode === 402) {
    const isTerminal =
      error.code === 'insufficient_quota' &&
      error.type === 'insufficient_quota' &&
      headers['x-should-retry'] === 'false' &&
      wait === undefined
    return isTerminal ? { kind: 'EXCEEDED', message: error.message } : odd
  }
  const isBusy =
    statusCode === 429 &&
    error.code === 'budget_busy' &&
    Number(wait) > 0 &&
    headers['x-should-retry'] === undefined
  return isBusy ? { kind: 'BUSY' } : odd
}

interface Failure {
  readonly __typename: string
  readonly code?: string
  readonly message?: string
  readonly retryable?: boolean
  readonly retryAfterMs?: number
}

function mutationOutcome(text: string): Outcome {
  const { data } = JSON.parse(text)
  const result: Failure | undefined = data?.createCompletion
  return result?.__typename === 'CreateCompletionSuccess'
    ? { kind: 'DONE' }
    : failureOutcome(result, text)
}

function subscriptionOutcome(text: string): Outcome {
  const events = text
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice('data: '.length)).data?.completionStream)
  const last = events.at(-1)
  return last?.__typename === 'CompletionFinished'
    ? { kind: 'DONE' }
    : failureOutcome(last?.error, text)
}

function failureOutcome(failed: Failure | undefined, text: string): Outcome {
  const { code, message = '', retryable, retryAfterMs = 0 } = failed ?? {}
  if (code === 'BUDGET_EXCEEDED' && retryable === false) return { kind: 'EXCEEDED', message }
  if (code === 'BUDGET_BUSY' && retryable === true && retryAfterMs > 0) return { kind: 'BUSY' }
  return { kind: 'ODD', found: text }
}
