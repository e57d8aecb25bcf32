import { doneFrame, framesOf, type Piece } from './double-answer.ts'
import type { Behaviour, Exchange } from './double-exchange.ts'
import { eventStream, joined, sum } from './sound-answers.ts'

/** What an odd stream does to the frames of an answer: it gives the bytes that are sent, in the pieces in which they go. */
type Oddity = (pieces: readonly Piece[]) => readonly (string | Uint8Array)[]

const withDone = (pieces: readonly Piece[]) => joined(pieces) + doneFrame
const lines =
  (end: string): Oddity =>
  (pieces) => [withDone(pieces).replaceAll('\n', end)]

/** Puts something between every two frames. */
const between =
  (extra: string): Oddity =>
  (pieces) => [withDone(pieces.map(({ text, tokens }) => ({ text: text + extra, tokens })))]

/** Streams that are written strangely, and are whole all the same. */
const whole = {
  'CRLF line ends': lines('\r\n'),
  'CR line ends': lines('\r'),
  'a byte order mark': (pieces) => [`\uFEFF${withDone(pieces)}`],
  'characters cut in two': (pieces) => sliced(Buffer.from(withDone(pieces)), 7),
  'one byte at a time': (pieces) => sliced(Buffer.from(withDone(pieces)), 1),
  'data over several lines': (pieces) => [
    withDone(pieces).replaceAll(',"choices"', ',\ndata: "choices"'),
  ],
  'no space behind the colon': (pieces) => [withDone(pieces).replaceAll('data: ', 'data:')],
  'a line of ten megabytes': (pieces) => [
    withDone([...pieces.slice(0, 30), padding(10_000_000 - 1_000), ...pieces.slice(30)]),
  ],
  'a flood of comments': between(': x\n'.repeat(200)),
  'unknown events': between('event: ping\ndata: {"type":"ping"}\n\n'),
  'unknown fields': between('id: 7\nretry: 10\nfoo: bar\n\n'),
  'events that are not JSON': between('data: {"choices":[{"ind\n\n'),
  'two ends': (pieces) => [withDone(pieces) + doneFrame],
  'no end behind the usage': (pieces) => [joined(pieces)],
  'text behind the end': (pieces) => [`${withDone(pieces)}data: {"choices":[]}\n\n`],
} as const satisfies Readonly<Record<string, Oddity>>

/** Streams that lack what the gateway counts by. */
const uncounted = {
  'no usage': (pieces) => [withDone(pieces.slice(0, -1))],
  'usage of the wrong types': (pieces) => [
    withDone(pieces).replace(/"prompt_tokens":\d+/, '"prompt_tokens":"many"'),
  ],
  'negative usage': (pieces) => [
    withDone(pieces).replace(/"completion_tokens":\d+/, '"completion_tokens":-1'),
  ],
  'usage that is null': (pieces) => [
    withDone(pieces).replace(/"usage":\{.*\}\}\}/, '"usage":null}'),
  ],
} as const satisfies Readonly<Record<string, Oddity>>

const oddities = { ...whole, ...uncounted }

export const wholeOddities = Object.keys(whole) as (keyof typeof whole)[]
export const uncountedOddities = Object.keys(uncounted) as (keyof typeof uncounted)[]

/** Streams a whole answer, strangely. */
export function streamsWith(oddity: keyof typeof oddities): Behaviour {
  return async (exchange: Exchange) => {
    const pieces = framesOf(exchange.entry, exchange.plan())
    await exchange.head(200, eventStream)
    exchange.entry.tokens += sum(pieces)
    for (const bytes of oddities[oddity](pieces)) await exchange.body(bytes)
    await exchange.finish()
  }
}

function sliced(bytes: Buffer, size: number): readonly Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  )
}

const padding = (length: number): Piece => ({
  text: `data: {"choices":[],"padding":"${'x'.repeat(length)}"}\n\n`,
  tokens: 0,
})
