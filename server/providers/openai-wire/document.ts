import type { Chunk, FinishReason, JsonObject, JsonValue } from '#domain/chat.ts'
import type { ProviderConfig } from '#domain/config.ts'
import { GatewayError } from '#domain/errors.ts'
import { isJson } from '../passed-headers.ts'
import type { WholeAnswer } from '../upstream.ts'
import { failure, named } from '../upstream-failure.ts'
import { accountOf } from './account.ts'
import type { Dialect } from './dialect.ts'
import { inBandError, type Refused, scrubbed } from './errors.ts'
import { finishReasonOf, Produced } from './message.ts'
import { listOf, objectOf } from './shape.ts'

/** What reading an answer takes besides the answer. */
export interface Reading {
  readonly config: ProviderConfig
  readonly dialect: Dialect
  readonly operation: 'chat' | 'embeddings'
  readonly about: Refused
}

/**
 * Reads a whole answer: one chunk, whose raw bytes are the provider's document unchanged.
 *
 * @throws {GatewayError} PROVIDER_PROTOCOL for what is no answer, or the error that the document holds.
 */
export function documentChunk({ headers, body }: WholeAnswer, reading: Reading): Chunk {
  const { config, operation, about } = reading
  const contentType = headers['content-type']
  if (!isJson(contentType)) {
    if (config.legacy) return textChunk(body)
    throw oddType(about, { contentType, wanted: 'JSON', body })
  }
  const text = body.toString()
  const document = objectOf(parsed(text, reading))
  if (!document) throw nonsense(about, 'JSON that is not an object')
  const answers = operation === 'chat' ? document['choices'] : document['data']
  const isAnswered = Array.isArray(answers) && (answers.length > 0 || config.legacy)
  if (document['error'] && !isAnswered) throw refusalInside(document, body, about)
  if (!Array.isArray(answers) && !config.legacy)
    throw nonsense(about, 'a document without an answer')
  const produced = new Produced()
  const finishReason = operation === 'chat' ? readChoices(document, produced) : undefined
  return {
    events: produced.events,
    raw: body,
    producedBytes: produced.bytes,
    end: { finishReason: finishReason ?? 'STOP', ...accountOf(document, text, reading.dialect) },
  }
}

function readChoices(document: JsonObject, produced: Produced): FinishReason | undefined {
  let reason: FinishReason | undefined
  listOf(document['choices']).forEach((value, position) => {
    const choice = objectOf(value)
    if (!choice) return
    const first = (choice['index'] ?? position) === 0
    const message = objectOf(choice['message'])
    if (message) produced.read(message, { first })
    else if (typeof choice['text'] === 'string')
      produced.read({ content: choice['text'] }, { first })
    if (first) reason = finishReasonOf(choice['finish_reason'])
  })
  for (const url of listOf(document['citations'])) produced.cite(url)
  return reason
}

/** What v0.7.2 made of an answer that is not JSON. */
function textChunk(body: Buffer): Chunk {
  const text = body.toString()
  return {
    events: text === '' ? [] : [{ type: 'text', text }],
    raw: Buffer.from(JSON.stringify({ detail: text })),
    producedBytes: body.length,
    end: { finishReason: 'STOP' },
  }
}

function parsed(text: string, { about }: Reading): JsonValue {
  try {
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text) as JsonValue
  } catch (cause) {
    throw nonsense(about, 'broken JSON', cause)
  }
}

/** Some answer 200 and put the refusal into the document; callers get the status that it names. */
function refusalInside(document: JsonObject, body: Buffer, about: Refused): GatewayError {
  const error = inBandError(document, about)
  const asked = objectOf(document['error'])?.['code']
  const status =
    typeof asked === 'number' && asked >= 400 && asked < 600 ? asked : error.rule.status
  return new GatewayError(error.code, error.message, {
    ...error.details,
    upstream: { status, contentType: 'application/json', body, headers: {} },
  })
}

function nonsense(about: Refused, what: string, cause?: unknown): GatewayError {
  return failure(
    'PROVIDER_PROTOCOL',
    `${named(about)} sent ${what}; try again, or another model.`,
    { ...about, cause },
  )
}

/** PROVIDER_PROTOCOL: an answer of another kind, of which the first words are quoted. */
export function oddType(
  about: Refused,
  { contentType, wanted, body }: { contentType: string | undefined; wanted: string; body: Buffer },
): GatewayError {
  const type = contentType ?? 'an answer without a type'
  return nonsense(about, `${type.slice(0, 100)} instead of ${wanted}: ${excerpt(body, about)}`)
}

function excerpt(body: Buffer, { key }: Refused): string {
  return scrubbed(body.toString('utf8', 0, 400).replace(/\s+/g, ' '), key).slice(0, 120)
}
