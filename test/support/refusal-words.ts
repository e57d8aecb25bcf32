interface Refusal {
  readonly who: string
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** What providers answer to a context that is too long, in their own words. */
export const contextRefusals: readonly Refusal[] = [
  {
    who: 'OpenAI, by its code',
    status: 400,
    body: { error: { code: 'context_length_exceeded', message: 'Your input is over the limit.' } },
  },
  {
    who: 'OpenAI, a text of its own',
    status: 400,
    body: { error: { code: 'string_above_max_length', message: 'Invalid input.' } },
  },
  {
    who: 'xAI',
    status: 400,
    body: {
      code: 'Client specified an invalid argument',
      error: "This model's maximum prompt length is 131072 but the request contains 150000 tokens.",
    },
  },
  {
    who: 'OpenRouter',
    status: 400,
    body: {
      error: {
        code: 400,
        message:
          "This endpoint's maximum context length is 131072 tokens. However, you requested about 200000.",
      },
    },
  },
  {
    who: 'Perplexity',
    status: 400,
    body: { error: { code: 400, type: 'bad_request', message: 'Prompt too long: 140000 tokens' } },
  },
  { who: 'Ollama', status: 400, body: { error: 'the input length exceeds the context length' } },
  {
    who: 'an older Ollama',
    status: 500,
    body: { error: 'prompt too long; exceeded max context length by 12 tokens' },
  },
  {
    who: 'llama.cpp',
    status: 400,
    body: { error: { type: 'exceed_context_size_error', message: 'the request is too large' } },
  },
  {
    who: 'Anthropic behind a translator',
    status: 400,
    body: {
      error: {
        type: 'invalid_request_error',
        message: 'prompt is too long: 215350 tokens > 200000 maximum',
      },
    },
  },
  {
    who: 'Gemini behind a translator',
    status: 400,
    body: {
      error: {
        code: 400,
        message:
          'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
      },
    },
  },
]

/** What they answer to content that they do not take, or do not give. */
export const contentRefusals: readonly Refusal[] = [
  {
    who: 'Azure OpenAI',
    status: 400,
    body: { error: { code: 'content_filter', message: 'The response was filtered.' } },
  },
  {
    who: 'OpenAI images',
    status: 400,
    body: { error: { code: 'content_policy_violation', message: 'Your request was rejected.' } },
  },
  {
    who: 'OpenAI, in words only',
    status: 400,
    body: { error: { message: 'Your request was rejected as a result of our safety system.' } },
  },
  {
    who: 'xAI, whose 403 is not about the key',
    status: 403,
    body: {
      code: 'The caller does not have permission to execute the specified operation',
      error: 'Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_BIO',
    },
  },
  {
    who: 'OpenRouter',
    status: 403,
    body: {
      error: {
        code: 403,
        message: 'vendor/model requires moderation. Your input was flagged.',
        metadata: { reasons: ['violence'], flagged_input: 'x', provider_name: 'V' },
      },
    },
  },
  {
    who: 'Anthropic behind a translator',
    status: 400,
    body: { error: { message: 'Output blocked by content filtering policy' } },
  },
  {
    who: 'DeepSeek',
    status: 400,
    body: { error: { type: 'invalid_request_error', message: 'Content Exists Risk' } },
  },
]
