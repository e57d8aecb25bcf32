import type { Chunk } from '#domain/chat.ts'
import type { ProviderRequest } from './adapter.ts'
import type { MalformedListener } from './malformed-events.ts'
import type { OpenAnswer } from './upstream.ts'

/** Turns the bytes of one answer into chunks, for vendors with a stream format of their own. */
export interface AnswerReader {
  /**
   * What became complete with these bytes; the last chunk of the answer carries `end`. What came before a fault is
   * handed out before it is thrown.
   */
  push(bytes: Uint8Array): Iterable<Chunk>
  /**
   * What is left when the provider has closed.
   *
   * @throws {GatewayError} PROVIDER_PROTOCOL when the answer was not complete.
   */
  finish(): Iterable<Chunk>
  /** Events that could not be read so far. */
  readonly malformed: number
}

/**
 * Reads an answer as it arrives. It ends with the chunk that carries `end`; whoever stops reading before that closes
 * the connection, and a cancellation ends it with its reason.
 */
export async function* progressiveAnswer(
  answer: OpenAnswer,
  {
    reader,
    call: { cancellation, id, model },
    provider,
    malformed,
  }: {
    reader: AnswerReader
    call: ProviderRequest
    provider: string
    malformed: MalformedListener | undefined
  },
): AsyncGenerator<Chunk, void> {
  let ended = false
  try {
    while (!ended) {
      const bytes = await answer.read()
      const chunks = bytes ? reader.push(bytes) : reader.finish()
      for (const chunk of chunks) {
        if (cancellation.reason && !chunk.end) throw cancellation.reason
        ended = chunk.end !== undefined
        if (ended) answer.discard()
        yield chunk
        if (ended) return
      }
    }
  } finally {
    if (!ended) answer.abort()
    const count = reader.malformed
    if (count > 0) malformed?.({ provider, model, requestId: id, count })
  }
}
