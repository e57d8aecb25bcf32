import type { AnswerEnd, ChatEvent, JsonObject } from '#domain/chat.ts'
import { listOf, objectOf, textOf } from '../openai-wire/shape.ts'
import { between } from './chance.ts'
import type { Fate, SimulatedModel } from './models.ts'
import { answerText, lastQuestion, textIn, thoughtText, topicOf } from './sentences.ts'
import { toolCallEvents } from './tool-call.ts'

/** An answer as it is going to be said: each piece is a token, and takes the model's time. */
export interface Script {
  readonly firstTokenMs: number
  readonly pieces: readonly ChatEvent[]
  readonly end: AnswerEnd
}

/** Output that no simulated answer exceeds. */
export const longestAnswer = 4096

/** Writes down what a model is going to answer. Never more pieces than the caller allows. */
export function scriptFor(
  body: JsonObject,
  { model, fate, random }: { model: SimulatedModel; fate: Fate; random: () => number },
): Script {
  const firstTokenMs = between(model.firstTokenMs, random)
  const all = piecesOf(body, { model, fate, random })
  const limit = limitOf(body)
  const pieces = all.slice(0, limit)
  const calls = pieces.some(({ type }) => type === 'tool-call')
  return {
    firstTokenMs,
    pieces,
    end: {
      finishReason: all.length > limit ? 'LENGTH' : calls ? 'TOOL_CALLS' : 'STOP',
      servedModel: model.id,
      usage: {
        inputTokens: inputTokens(body),
        cacheReadInputTokens: 0,
        cacheWriteInputTokens: 0,
        outputTokens: pieces.length,
        reasoningOutputTokens: pieces.filter(({ type }) => type === 'reasoning').length,
        source: 'PROVIDER_REPORTED',
      },
    },
  }
}

function piecesOf(
  body: JsonObject,
  { model, fate, random }: { model: SimulatedModel; fate: Fate; random: () => number },
): readonly ChatEvent[] {
  const messages = body['messages']
  const topic = topicOf(messages)
  const hasResult = objectOf(listOf(messages).at(-1))?.['role'] === 'tool'
  const call = hasResult
    ? []
    : toolCallEvents(body, { callsTools: model.callsTools, topic, random })
  if (call.length > 0) return call
  const text =
    fate === 'echo'
      ? lastQuestion(messages)
      : answerText(topic, { sentences: between(model.sentences, random), random })
  const thought = model.reasons ? words(thoughtText(topic, random)) : []
  return [
    ...thought.map((word) => ({ type: 'reasoning' as const, text: word })),
    ...words(asFormat(body, text)).map((word) => ({ type: 'text' as const, text: word })),
  ]
}

/** Each word with the space before it: put together they are the text again. */
function words(text: string): readonly string[] {
  return text.match(/\s*\S+|\s+$/gu) ?? []
}

function asFormat(body: JsonObject, text: string): string {
  const format = textOf(objectOf(body['response_format'])?.['type'])
  return format === 'json_object' || format === 'json_schema'
    ? JSON.stringify({ answer: text })
    : text
}

function limitOf(body: JsonObject): number {
  const asked = body['max_completion_tokens'] ?? body['max_tokens']
  return typeof asked === 'number' && asked >= 1
    ? Math.min(Math.floor(asked), longestAnswer)
    : longestAnswer
}

/** About one token for four bytes of text, and a few for each message. */
function inputTokens(body: JsonObject): number {
  const bytes = listOf(body['messages']).reduce<number>(
    (sum, value) => sum + Buffer.byteLength(textIn(objectOf(value) ?? {})) + 12,
    0,
  )
  return Math.max(1, Math.ceil(bytes / 4))
}
