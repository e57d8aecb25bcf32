/** A word of the schema's vocabulary as one reads it: `PROVIDER_TIMEOUT` is `Provider timeout`. */
export function words(code: string): string {
  const text = code.replaceAll('_', ' ').toLowerCase()
  return text.charAt(0).toUpperCase() + text.slice(1)
}

const names: Readonly<Record<string, string>> = {
  OPENAI: 'OpenAI',
  XAI: 'xAI',
  OPENROUTER: 'OpenRouter',
  OPENAI_COMPATIBLE: 'OpenAI-compatible',
  RAG: 'RAG',
  GRAPHQL: 'GraphQL',
  OPENAI_CHAT: 'OpenAI chat',
  OPENAI_RESPONSES: 'OpenAI responses',
  OPENAI_EMBEDDINGS: 'Embeddings',
  MCP: 'MCP',
  CLI: 'CLI',
}

/** A provider kind or an API surface by its own name. */
export function properName(code: string): string {
  return names[code] ?? words(code)
}

/** `1 request`, `2 requests`. */
export function plural(amount: number, one: string): string {
  return `${amount} ${one}${amount === 1 ? '' : 's'}`
}
