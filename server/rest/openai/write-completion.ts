import type { ServerResponse } from 'node:http'
import { asGatewayError, GatewayError } from '#domain/errors.ts'
import type { Call, Reply } from '#gateway/call.ts'
import { writeAnswer } from '#http/answer.ts'
import { errorObject } from '#http/error-answer.ts'
import { answerName } from './answer-name.ts'
import { frameName } from './frame-name.ts'
import { passedHeaders } from './passed-headers.ts'
import { type ChunkWriter, createChunkWriter } from './wire-chunks.ts'
import { WholeFrames } from './whole-frames.ts'
import { WireDocument } from './wire-document.ts'

/** The call that is answered; of one that is given another's answer, still the caller's own. */
type Asker = Pick<Call, 'rateLimits'>

/**
 * Writes a whole answer: the provider's own document where there is one, else one made of its events.
 *
 * @throws {GatewayError} When the answer broke off; nothing has been written then.
 */
export async function writeWhole(
  answer: Reply,
  { response, asker }: { response: ServerResponse; asker: Asker },
): Promise<void> {
  const documents: Uint8Array[] = []
  let made: WireDocument | undefined
  let body: string | Uint8Array | undefined
  for await (const { raw, events, end } of answer.chunks) {
    if (raw) documents.push(raw)
    else if (documents.length === 0) (made ??= new WireDocument()).add(events)
    if (!end) continue
    if (documents.length > 0) body = one(documents)
    else if (answer.call.request.operation === 'chat') body = made?.finish(answerName(answer), end)
  }
  if (body === undefined) {
    const { adapter, model } = answer.attempt.target
    const provider = adapter.config.name
    throw new GatewayError(
      'PROVIDER_PROTOCOL',
      `${provider} (${model}) sent nothing that can be passed on; try another model.`,
      { provider, model },
    )
  }
  if (!response.destroyed)
    writeAnswer(response, body, {
      status: answer.status,
      headers: passedHeaders(answer, asker.rateLimits),
    })
}

function one(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts
  return parts.length === 1 && first ? first : Buffer.concat(parts)
}

/**
 * Writes an answer as it is produced, as fast as the caller reads it: the provider's own bytes where it speaks
 * OpenAI's wire format, else frames made of its events. What breaks off after the first byte ends in an error frame
 * and without [DONE].
 *
 * @param includeUsage Whether the caller asked for a usage frame.
 * @throws {GatewayError} When the answer broke off before the first byte; nothing has been written then.
 */
export async function writeStream(
  answer: Reply,
  {
    response,
    includeUsage,
    asker,
  }: { response: ServerResponse; includeUsage: boolean; asker: Asker },
): Promise<void> {
  let writer: ChunkWriter | undefined
  let frames: WholeFrames | undefined
  let first: Uint8Array | undefined
  try {
    for await (const { raw, events, end } of answer.chunks) {
      let piece: string | Uint8Array = ''
      if (raw) {
        frames ??= new WholeFrames()
        first ??= raw
        piece = end ? frames.finish(raw) : frames.take(raw)
      } else if (events.length > 0 || end) {
        // Another provider may go on with what one has begun in its own frames: then under the name that those had.
        const name = (first && frameName(first)) ?? answerName(answer)
        writer ??= createChunkWriter(name, { includeUsage, hasBegun: first !== undefined })
        piece = writer.frames(events) + (end ? writer.end(end) : '')
      }
      if ((piece.length > 0 || end) && !response.headersSent) writeHead(answer, { response, asker })
      if (end) response.end(piece)
      else if (piece.length > 0 && !response.write(piece)) await drained(response)
      if (end || response.destroyed) return
    }
  } catch (thrown) {
    if (!response.headersSent) throw thrown
    const error = asGatewayError(thrown)
    const frame = { error: errorObject(error, answer.call.id) }
    if (!response.destroyed) response.end(`data: ${JSON.stringify(frame)}\n\n`)
    if (error.unexpected) throw error
  }
}

function writeHead(
  answer: Reply,
  { response, asker }: { response: ServerResponse; asker: Asker },
): void {
  response.writeHead(answer.status, [
    'Content-Type',
    'text/event-stream; charset=utf-8',
    'Cache-Control',
    'no-cache',
    'X-Accel-Buffering',
    'no',
    ...passedHeaders(answer, asker.rateLimits),
  ])
}

/** Resolves when the caller has read enough, or has gone. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.on('drain', done)
    response.on('close', done)
    if (response.destroyed) done()
  })
}
