import { doneFrame, documentOf, framesOf, type Piece } from './double-answer.ts'
import type { Behaviour, Exchange } from './double-exchange.ts'

/** What every stream of the double says of itself. */
export const eventStream = { 'content-type': 'text/event-stream' }
export const json = { 'content-type': 'application/json' }

/** Answers in full, streamed or whole as it was asked. */
export const answers: Behaviour = answersWith()

/**
 * The same, with something to it.
 *
 * @param headers Such as its rate limits.
 * @param before Resolves before each piece of a stream, or before the document, is sent: a slow provider.
 */
export function answersWith({
  headers = {},
  before,
}: {
  headers?: Readonly<Record<string, string>>
  before?: (piece: number) => Promise<unknown>
} = {}): Behaviour {
  return async (exchange) => {
    if (!exchange.isStreamed) {
      await before?.(0)
      return sendDocument(exchange, { headers })
    }
    const pieces = [...framesOf(exchange.entry, exchange.plan()), { text: doneFrame, tokens: 0 }]
    await before?.(0)
    await exchange.head(200, { ...eventStream, ...headers })
    if (before)
      for (const [index, piece] of pieces.entries()) {
        if (index > 0) await before(index)
        await exchange.body(piece.text, piece.tokens)
      }
    else await exchange.body(joined(pieces), sum(pieces))
    await exchange.finish()
  }
}

/** Sends the whole answer as a document that tells its length. */
export async function sendDocument(
  exchange: Exchange,
  {
    headers = {},
    change = (document) => document,
  }: {
    headers?: Readonly<Record<string, string>>
    change?: (document: Readonly<Record<string, unknown>>) => unknown
  } = {},
): Promise<void> {
  const { entry } = exchange
  const planned = exchange.plan()
  const bytes = Buffer.from(JSON.stringify(change(documentOf(entry, planned))))
  entry.tokens = planned.tokens.length
  await exchange.head(200, { ...json, ...headers }, { length: bytes.length })
  await exchange.raw(bytes)
}

export function joined(pieces: readonly Piece[]): string {
  return pieces.map(({ text }) => text).join('')
}

export function sum(pieces: readonly Piece[]): number {
  return pieces.reduce((total, { tokens }) => total + tokens, 0)
}
