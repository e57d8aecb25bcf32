import { gzipSync } from 'node:zlib'
import { documentOf, framesOf, type Piece } from './double-answer.ts'
import type { Behaviour, Exchange, Framing } from './double-exchange.ts'
import { answerTokens } from './double-text.ts'
import { eventStream, joined, json, sum } from './sound-answers.ts'

/** A way in which an answer that has begun breaks off. */
interface Break {
  /** Who writes that many bytes, and how their number is told. */
  readonly framing?: (sent: number) => Framing
  readonly encoding?: 'gzip'
  /** What comes behind the last byte that is part of the answer. */
  readonly end: (exchange: Exchange) => Promise<void> | void
}

const breaks = {
  'reset by the provider': { end: (exchange) => exchange.reset() },
  'closed inside a chunked body': { end: (exchange) => exchange.close() },
  'closed, of a body without a length': {
    framing: () => 'UNTIL_CLOSE',
    end: (exchange) => exchange.close(),
  },
  'a content-length that is too short': { framing: (length) => ({ length }), end: () => {} },
  'a content-length that is too long': {
    framing: (sent) => ({ length: sent + 1000 }),
    end: (exchange) => exchange.close(),
  },
  'a body that ends in order': { end: (exchange) => exchange.finish() },
  'a chunk that is none': { end: (exchange) => exchange.raw('zz\r\nnot a chunk\r\n') },
  'a gzip body that is cut': { encoding: 'gzip', end: (exchange) => exchange.finish() },
  'a stall': { end: (exchange) => exchange.left },
  'a stall with comments': { end: comments },
  'an error object': { end: (exchange) => error(exchange, '') },
  'an error event': { end: (exchange) => error(exchange, 'event: error\n') },
} as const satisfies Readonly<Record<string, Break>>

export type BreakName = keyof typeof breaks

/**
 * Answers up to some token, and then breaks off.
 *
 * @param after Tokens. A whole answer is cut at the same part of its bytes.
 */
export function breaksOff(name: BreakName, after: number): Behaviour {
  const { framing = () => 'CHUNKED', encoding, end }: Break = breaks[name]
  return async (exchange) => {
    const { entry, isStreamed } = exchange
    const begun = isStreamed ? streamUpTo(exchange, after) : documentUpTo(exchange, after)
    const text = Buffer.from(joined(begun))
    const bytes = encoding ? withoutEnd(gzipSync(text)) : text
    await exchange.head(
      200,
      {
        ...(isStreamed ? eventStream : json),
        ...(encoding && { 'content-encoding': encoding }),
      },
      framing(bytes.length),
    )
    entry.tokens += sum(begun)
    await exchange.body(bytes)
    await end(exchange)
  }
}

function streamUpTo(exchange: Exchange, after: number): readonly Piece[] {
  return framesOf(exchange.entry, exchange.plan()).slice(0, 1 + after)
}

/** What makes a document has been produced, and is paid, when its first byte is sent. */
function documentUpTo(exchange: Exchange, after: number): readonly Piece[] {
  const planned = exchange.plan()
  const text = JSON.stringify(documentOf(exchange.entry, planned))
  const cut = Math.floor((text.length * after) / answerTokens)
  return [{ text: text.slice(0, cut), tokens: planned.tokens.length }]
}

const withoutEnd = (bytes: Buffer) => bytes.subarray(0, bytes.length - 8)

async function comments(exchange: Exchange): Promise<void> {
  const timer = setInterval(() => void exchange.body(': keep-alive\n\n'), 50)
  await exchange.left
  clearInterval(timer)
}

async function error(exchange: Exchange, event: string): Promise<void> {
  const said = { message: 'The server had an error', type: 'server_error', code: 'server_error' }
  await exchange.body(`${event}data: ${JSON.stringify({ error: said })}\n\n`)
  await exchange.finish()
}

/** Streams the first half of a call to a tool, and hangs up. */
export const breaksOffInToolCall: Behaviour = async (exchange) => {
  const [role] = streamUpTo(exchange, 0)
  const call = { index: 0, id: 'call_1', type: 'function' }
  const delta = { tool_calls: [{ ...call, function: { name: 'weather', arguments: '{"ci' } }] }
  await exchange.head(200, eventStream)
  await exchange.body(role?.text ?? '')
  await exchange.body(`data: ${JSON.stringify({ choices: [{ index: 0, delta }] })}\n\n`, 5)
  exchange.close()
}
