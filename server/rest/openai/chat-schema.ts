import * as z from 'zod'

/*
 * What is asked of a chat request before it goes to a provider. Fields that are not named here pass through: a vendor
 * may know them. So do values that only some vendors refuse.
 */

const readableUrl = z
  .string()
  .refine(
    (url) => !/^\s*(?!https?:|data:)[a-z][a-z\d+.-]*:/i.test(url),
    'must be an http, https or data URL',
  )

const part = z
  .looseObject({
    type: z.string().describe('`text`, `image_url`, `input_audio`, `file` or `refusal`.'),
    text: z.string().optional(),
    image_url: z
      .union([readableUrl, z.looseObject({ url: readableUrl })], 'must be an object with a `url`')
      .optional(),
  })
  .meta({ id: 'ContentPart', title: 'A piece of a message' })

const toolCall = z
  .looseObject({
    id: z.string().optional(),
    type: z.string().optional(),
    function: z.looseObject({ name: z.string(), arguments: z.string() }).optional(),
  })
  .meta({ id: 'ToolCall', title: 'A call that the model asked for' })

const message = z
  .looseObject({
    role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
    content: z
      .union([z.string(), z.array(part)], 'must be a string, a list of parts or null')
      .nullish(),
    name: z.string().optional(),
    tool_call_id: z.string().optional(),
    tool_calls: z.array(toolCall).nullish(),
  })
  .meta({ id: 'Message', title: 'A message' })

const tool = z
  .looseObject({
    type: z.string().describe('`function`, or a tool of the vendor’s own.'),
    function: z
      .looseObject({
        name: z.string(),
        description: z.string().nullish(),
        parameters: z.looseObject({}).nullish().describe('A JSON Schema.'),
        strict: z.boolean().nullish(),
      })
      .optional(),
  })
  .refine(
    (given) => given.type !== 'function' || given.function !== undefined,
    'a tool of type `function` needs a `function` with a name',
  )
  .meta({ id: 'Tool', title: 'A tool' })

const positive = z.int().min(1)

/** `POST /v1/chat/completions`. */
export const chatSchema = z
  .looseObject({
    model: z
      .string()
      .regex(/\S/, 'must be a non-empty string')
      .describe('`provider:model`, or a bare name that the registry knows.'),
    messages: z.array(message).default([]).describe('The conversation so far; absent is none.'),
    stream: z
      .boolean()
      .nullish()
      .describe('Send the answer as server-sent events while it is produced.'),
    stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
    n: z.int().min(1).max(128).nullish().describe('How many answers.'),
    max_tokens: positive.nullish(),
    max_completion_tokens: positive.nullish(),
    temperature: z.number().nullish(),
    top_p: z.number().nullish(),
    frequency_penalty: z.number().nullish(),
    presence_penalty: z.number().nullish(),
    seed: z.number().nullish(),
    stop: z
      .union([z.string(), z.array(z.string())], 'must be a string or a list of strings')
      .nullish(),
    tools: z.array(tool).nullish(),
    user: z
      .string()
      .nullish()
      .describe('Your end user, for attribution; passed on to the provider.'),
  })
  .meta({ id: 'ChatRequest', title: 'A chat request' })

const inputs = z.union(
  [z.string(), z.array(z.string()), z.array(z.int()), z.array(z.array(z.int()))],
  'must be a string, a list of strings, or tokens',
)

/** `POST /v1/embeddings`. */
export const embeddingsSchema = z
  .looseObject({
    model: z.string().regex(/\S/, 'must be a non-empty string').describe('`provider:model`.'),
    input: inputs.describe('Text or tokens to embed; a list embeds each.'),
    dimensions: positive.nullish(),
    encoding_format: z.string().nullish().describe('`float` or `base64`.'),
    user: z.string().nullish(),
  })
  .meta({ id: 'EmbeddingsRequest', title: 'An embeddings request' })
