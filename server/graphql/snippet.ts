import type { RequestView } from './request-view.ts'

export type SnippetLanguage = 'CURL' | 'TYPESCRIPT' | 'PYTHON' | 'GRAPHQL' | 'CLI'

const prompt = 'Hello'

/**
 * A call that is like a recorded one, ready to paste: the same model and manner, with a prompt of ours where the
 * original is not stored, and the key taken from the environment.
 *
 * @param origin Where this server is reached.
 */
export function snippetOf(
  { requestedModel: model, stream, surface }: RequestView,
  { language, origin }: { language: SnippetLanguage; origin: string },
): string {
  const embeds = surface === 'OPENAI_EMBEDDINGS'
  switch (language) {
    case 'CURL':
      return curl({
        origin,
        path: embeds ? '/v1/embeddings' : '/v1/chat/completions',
        body: wireBody(model, { stream, embeds }),
        stream,
      })
    case 'TYPESCRIPT':
      return typescript({ origin, model, stream, embeds })
    case 'PYTHON':
      return python({ origin, model, stream, embeds })
    case 'GRAPHQL':
      return graphql(model)
    case 'CLI':
      return curl({ origin, path: '/graphql', body: { query: graphql(model) }, stream: false })
  }
}

interface Parts {
  readonly origin: string
  readonly model: string
  readonly stream: boolean
  readonly embeds: boolean
}

function wireBody(model: string, { stream, embeds }: { stream: boolean; embeds: boolean }): object {
  if (embeds) return { model, input: prompt }
  return { model, messages: [{ role: 'user', content: prompt }], ...(stream && { stream }) }
}

function curl({
  origin,
  path,
  body,
  stream,
}: {
  origin: string
  path: string
  body: object
  stream: boolean
}): string {
  return [
    `curl ${stream ? '-N ' : ''}${origin}${path}`,
    `-H "Authorization: Bearer $ORCHESTRATOR_API_KEY"`,
    `-H 'Content-Type: application/json'`,
    `-d '${JSON.stringify(body).replaceAll("'", "'\\''")}'`,
  ].join(' \\\n  ')
}

function typescript({ origin, model, stream, embeds }: Parts): string {
  const client = `import OpenAI from 'openai'

const client = new OpenAI({ baseURL: ${JSON.stringify(`${origin}/v1`)}, apiKey: process.env.ORCHESTRATOR_API_KEY ?? 'none' })
`
  if (embeds) {
    return `${client}const answer = await client.embeddings.create({ model: ${JSON.stringify(model)}, input: '${prompt}' })
console.log(answer.data[0].embedding)`
  }
  const call = `client.chat.completions.create({
  model: ${JSON.stringify(model)},
  messages: [{ role: 'user', content: '${prompt}' }],${stream ? '\n  stream: true,' : ''}
})`
  return stream
    ? `${client}for await (const chunk of await ${call}) process.stdout.write(chunk.choices[0]?.delta.content ?? '')`
    : `${client}const answer = await ${call}
console.log(answer.choices[0].message.content)`
}

function python({ origin, model, stream, embeds }: Parts): string {
  const client = `import os
from openai import OpenAI

client = OpenAI(base_url=${JSON.stringify(`${origin}/v1`)}, api_key=os.environ.get("ORCHESTRATOR_API_KEY", "none"))
`
  if (embeds) {
    return `${client}answer = client.embeddings.create(model=${JSON.stringify(model)}, input="${prompt}")
print(answer.data[0].embedding)`
  }
  const call = `client.chat.completions.create(
    model=${JSON.stringify(model)},
    messages=[{"role": "user", "content": "${prompt}"}],${stream ? '\n    stream=True,' : ''}
)`
  return stream
    ? `${client}for chunk in ${call}:
    print(chunk.choices[0].delta.content or "", end="") if chunk.choices else None`
    : `${client}answer = ${call}
print(answer.choices[0].message.content)`
}

function graphql(model: string): string {
  return `mutation {
  createCompletion(input: { model: ${JSON.stringify(model)}, messages: [{ role: USER, content: [{ text: "${prompt}" }] }] }) {
    ... on CreateCompletionSuccess { completion { text usage { totalTokens } cost { total source } } }
    ... on Error { message code requestId }
  }
}`
}
