import { builder } from '../builder.ts'
import { Priority } from './priority.ts'
import { RoutingInput } from './routing-input.ts'

const Role = builder.enumType('Role', {
  values: ['SYSTEM', 'DEVELOPER', 'USER', 'ASSISTANT', 'TOOL'] as const,
})

const ImageBase64Input = builder.inputType('ImageBase64Input', {
  fields: (t) => ({ mediaType: t.string({ required: true }), data: t.string({ required: true }) }),
})

const AudioInput = builder.inputType('AudioInput', {
  fields: (t) => ({ format: t.string({ required: true }), data: t.string({ required: true }) }),
})

const ContentPartInput = builder.inputType('ContentPartInput', {
  isOneOf: true,
  fields: (t) => ({
    text: t.string(),
    imageUrl: t.field({ type: 'URL' }),
    imageBase64: t.field({ type: ImageBase64Input }),
    audio: t.field({ type: AudioInput }),
  }),
})

const ToolCallInput = builder.inputType('ToolCallInput', {
  fields: (t) => ({
    id: t.id({ required: true }),
    name: t.string({ required: true }),
    argumentsJson: t.string({ required: true }),
  }),
})

const MessageInput = builder.inputType('MessageInput', {
  fields: (t) => ({
    role: t.field({ type: Role, required: true }),
    content: t.field({ type: [ContentPartInput], required: true }),
    name: t.string(),
    toolCallId: t.id(),
    toolCalls: t.field({ type: [ToolCallInput] }),
  }),
})

const ToolInput = builder.inputType('ToolInput', {
  fields: (t) => ({
    name: t.string({ required: true }),
    description: t.string(),
    parameters: t.field({ type: 'JSON', required: true }),
    strict: t.boolean(),
  }),
})

const JsonSchemaInput = builder.inputType('JsonSchemaInput', {
  fields: (t) => ({
    name: t.string({ required: true }),
    schema: t.field({ type: 'JSON', required: true }),
    strict: t.boolean({ defaultValue: true }),
  }),
})

const ResponseFormatInput = builder.inputType('ResponseFormatInput', {
  isOneOf: true,
  fields: (t) => ({
    text: t.boolean(),
    jsonObject: t.boolean(),
    jsonSchema: t.field({ type: JsonSchemaInput }),
  }),
})

const ReasoningEffort = builder.enumType('ReasoningEffort', {
  values: ['NONE', 'MINIMAL', 'LOW', 'MEDIUM', 'HIGH'] as const,
})

export const CompletionInput = builder.inputType('CompletionInput', {
  fields: (t) => ({
    model: t.string({ required: true, description: 'An alias, or `provider:model`.' }),
    messages: t.field({ type: [MessageInput], required: true }),
    temperature: t.float(),
    topP: t.float(),
    maxOutputTokens: t.int(),
    stop: t.stringList(),
    seed: t.int(),
    tools: t.field({ type: [ToolInput] }),
    toolChoice: t.string({
      description: '`auto`, `none`, `required`, or the name of one of the tools.',
    }),
    responseFormat: t.field({ type: ResponseFormatInput }),
    reasoningEffort: t.field({ type: ReasoningEffort }),
    routing: t.field({ type: RoutingInput }),
    priority: t.field({ type: Priority, defaultValue: 'NORMAL' }),
    endUser: t.string({
      description:
        'End-user id for attribution and per-user limits; not forwarded unless configured.',
    }),
    sessionId: t.string(),
    tags: t.stringList(),
    metadata: t.field({ type: 'JSON' }),
    providerOptions: t.field({
      type: 'JSON',
      description: "Further fields of the provider's own wire format, passed on as they are.",
    }),
    idempotencyKey: t.string({ description: 'Same meaning as the Idempotency-Key header.' }),
  }),
})
