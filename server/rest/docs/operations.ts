import * as z from 'zod'
import { chatSchema, embeddingsSchema } from '../openai/chat-schema.ts'
import { callHeaders } from './call-headers.ts'

/** One operation, as the API description tells of it. */
export interface Operation {
  readonly method: 'get' | 'post'
  readonly path: string
  readonly summary: string
  readonly description?: string
  readonly open?: boolean
  readonly parameters?: readonly {
    readonly name: string
    readonly in: 'path' | 'header'
    readonly description: string
  }[]
  readonly body?: { readonly schema: z.ZodType; readonly example: unknown }
  readonly answers: Readonly<
    Record<
      number,
      { readonly description: string; readonly schema?: z.ZodType; readonly type?: string }
    >
  >
}

const usage = z
  .looseObject({
    prompt_tokens: z.int().describe('Cached tokens are inside.'),
    completion_tokens: z.int().describe('Reasoning tokens are inside.'),
    total_tokens: z.int(),
  })
  .meta({ id: 'Usage', title: 'What an answer used' })

const choice = z.looseObject({
  index: z.int(),
  message: z.looseObject({ role: z.string(), content: z.string().nullable() }),
  finish_reason: z.string().nullable(),
})

const chatAnswer = z
  .looseObject({
    id: z.string(),
    object: z.literal('chat.completion'),
    created: z.int(),
    model: z.string(),
    choices: z.array(choice),
    usage: usage.optional(),
  })
  .meta({ id: 'ChatAnswer', title: 'An answer' })

const embeddingsAnswer = z
  .looseObject({
    object: z.literal('list'),
    data: z.array(
      z.looseObject({ index: z.int(), embedding: z.union([z.array(z.number()), z.string()]) }),
    ),
    usage: usage.optional(),
  })
  .meta({ id: 'EmbeddingsAnswer', title: 'Embeddings' })

const model = z
  .looseObject({
    id: z.string(),
    object: z.literal('model'),
    owned_by: z.string(),
    context_window: z.int().nullish().describe('In tokens; null where nobody knows.'),
    max_output_tokens: z.int().nullish(),
    capabilities: z.array(z.string()).optional().describe('Such as `tools` or `vision`.'),
    price: z
      .looseObject({ input: z.string(), output: z.string() })
      .nullish()
      .describe('In US dollars per million tokens; null where nobody knows.'),
    aliases: z.array(z.string()).optional().describe('Other names of the provider’s for it.'),
    available: z.boolean().optional().describe('Whether its provider lists it now.'),
  })
  .meta({ id: 'Model', title: 'A model' })

const models = z
  .looseObject({ object: z.literal('list'), data: z.array(model) })
  .meta({ id: 'Models', title: 'Models' })

/** The body of every refusal. */
export const errorSchema = z
  .looseObject({
    detail: z.union([z.string(), z.looseObject({})]).describe('What is wrong, as v0.7.2 said it.'),
    error: z
      .looseObject({
        message: z.string(),
        type: z.string(),
        param: z.string().nullable().describe('The path of the field.'),
        code: z.string(),
        request_id: z.string(),
      })
      .describe('The same in OpenAI’s form.'),
  })
  .meta({ id: 'Error', title: 'A refusal' })

const anything = z.looseObject({})
const modelExample = 'simulator:fast'
/** Everything that REST answers, in the order in which a reader wants it. */
export const operations: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/chat/completions',
    summary: 'Ask a model',
    description:
      'With `stream`, the answer is server-sent events that end with `[DONE]`; one that breaks off ends with an ' +
      'event that holds `error`. Fields that are not named here are passed on.',
    parameters: callHeaders,
    body: {
      schema: chatSchema,
      example: { model: modelExample, messages: [{ role: 'user', content: 'Hello' }] },
    },
    answers: { 200: { description: 'The answer.', schema: chatAnswer } },
  },
  {
    method: 'post',
    path: '/v1/embeddings',
    summary: 'Embed texts',
    parameters: callHeaders,
    body: {
      schema: embeddingsSchema,
      example: { model: 'openai:text-embedding-3-small', input: 'Hello' },
    },
    answers: { 200: { description: 'The embeddings.', schema: embeddingsAnswer } },
  },
  {
    method: 'get',
    path: '/v1/models',
    summary: 'List the models of all providers',
    answers: { 200: { description: 'The models.', schema: models } },
  },
  {
    method: 'get',
    path: '/v1/models/{id}',
    summary: 'Look one model up',
    parameters: [
      { name: 'id', in: 'path', description: '`provider:model`; slashes may stand as they are.' },
    ],
    answers: { 200: { description: 'The model.', schema: model } },
  },
  {
    method: 'get',
    path: '/health',
    summary: 'State of the server, its services and its providers',
    open: true,
    answers: { 200: { description: 'Always 200; `ok` says how it is.', schema: anything } },
  },
  {
    method: 'get',
    path: '/stats',
    summary: 'What has been answered since the start',
    answers: { 200: { description: 'Counts and times.', schema: anything } },
  },
  {
    method: 'post',
    path: '/admin/reload',
    summary: 'Read the configuration file again',
    answers: { 200: { description: 'The providers that are in force now.', schema: anything } },
  },
  {
    method: 'get',
    path: '/',
    summary: 'Who this is; browsers are sent to the dashboard',
    open: true,
    answers: {
      200: { description: 'The server.', schema: anything },
      307: { description: 'To the dashboard.' },
    },
  },
  {
    method: 'get',
    path: '/dashboard',
    summary: 'The dashboard',
    open: true,
    answers: { 200: { description: 'A page.', type: 'text/html' } },
  },
  {
    method: 'get',
    path: '/livez',
    summary: 'Whether the process answers',
    open: true,
    answers: { 200: { description: 'It does.', schema: anything } },
  },
  {
    method: 'get',
    path: '/readyz',
    summary: 'Whether calls may be sent here',
    open: true,
    answers: {
      200: { description: 'They may.', schema: anything },
      503: { description: 'Not now.', schema: anything },
    },
  },
  {
    method: 'get',
    path: '/metrics',
    summary: 'Metrics for Prometheus',
    answers: { 200: { description: 'The metrics.', type: 'text/plain' } },
  },
]
