export interface SnippetFacts {
  readonly origin: string
  /** `provider:model`. */
  readonly model: string
  /** The server wants a token: the snippet reads it from the environment, it never holds it. */
  readonly token: boolean
}

const question = 'Say hello in five words.'

const curl = ({ origin, model, token }: SnippetFacts) =>
  `curl ${origin}/v1/chat/completions \\
${token ? '  -H "authorization: Bearer $ROUTER_AUTH_TOKEN" \\\n' : ''}  -H 'content-type: application/json' \\
  -d '{"model": "${model}", "messages": [{"role": "user", "content": "${question}"}]}'`

const typescript = ({ origin, model, token }: SnippetFacts) =>
  `import OpenAI from 'openai'

const client = new OpenAI({
  baseURL: '${origin}/v1',
  apiKey: ${token ? 'process.env.ROUTER_AUTH_TOKEN' : `'unused'`},
})
const stream = await client.chat.completions.create({
  model: '${model}',
  messages: [{ role: 'user', content: '${question}' }],
  stream: true,
})
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? '')`

const python = ({ origin, model, token }: SnippetFacts) =>
  `${token ? 'import os\n' : ''}from openai import OpenAI

client = OpenAI(base_url="${origin}/v1", api_key=${token ? 'os.environ["ROUTER_AUTH_TOKEN"]' : '"unused"'})
answer = client.chat.completions.create(
    model="${model}",
    messages=[{"role": "user", "content": "${question}"}],
)
print(answer.choices[0].message.content)`

const graphql = ({ model }: SnippetFacts) =>
  `mutation {
  createCompletion(
    input: {
      model: "${model}"
      messages: [{ role: USER, content: [{ text: "${question}" }] }]
    }
  ) {
    ... on CreateCompletionSuccess {
      completion { text usage { totalTokens } cost { total source } }
    }
    ... on Error { code message requestId }
  }
}`

/** The first request in four languages, ready to paste. */
export function snippets(facts: SnippetFacts) {
  return [
    { value: 'curl', label: 'curl', text: curl(facts) },
    { value: 'typescript', label: 'TypeScript', text: typescript(facts) },
    { value: 'python', label: 'Python', text: python(facts) },
    { value: 'graphql', label: 'GraphQL', text: graphql(facts) },
  ] as const
}
