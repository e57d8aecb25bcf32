import { gzipSync } from 'node:zlib'
import type { Behaviour, Exchange } from './double-exchange.ts'
import { eventStream, json, sendDocument } from './sound-answers.ts'

/** Answers 200 with some bytes that are no answer. */
function sends(bytes: string | Uint8Array, headers: Readonly<Record<string, string>>): Behaviour {
  return async (exchange: Exchange) => {
    const data = Buffer.from(bytes as string)
    await exchange.head(200, headers, { length: data.length })
    await exchange.raw(data)
  }
}

const html = '<!doctype html><title>502</title><h1>Bad Gateway</h1>'
const refusal = { error: { message: 'The engine is overloaded', type: 'server_error', code: null } }

/** What is no answer, whether a stream was asked for or not. */
export const noAnswers = {
  'broken JSON': sends('{"choices":[{"index":0,', json),
  'JSON that is no object': sends('[1,2,3]', json),
  'a document without an answer': sends('{"object":"chat.completion"}', json),
  'nothing at all': sends('', json),
  'a page of HTML': sends(html, { 'content-type': 'text/html' }),
  'an unknown encoding': sends('{}', { ...json, 'content-encoding': 'lzma' }),
  'a gzip body that is none': sends('not gzip', { ...json, 'content-encoding': 'gzip' }),
} as const satisfies Readonly<Record<string, Behaviour>>

/** More than the gateway decodes, in a few kilobytes. */
export function gzipBomb(headers = json): Behaviour {
  const blanks = Buffer.alloc(80 * 1024 * 1024, 0x20)
  return sends(gzipSync(blanks), { ...headers, 'content-encoding': 'gzip' })
}

/** An error object in a 200, as a document: it says no, like any refusal. */
export const errorDocument: Behaviour = (exchange) => {
  exchange.entry.refused = true
  return sends(JSON.stringify(refusal), json)(exchange)
}

/** A stream that ends before it has begun. */
export const emptyStream = sends('data: [DONE]\n\n', eventStream)

/** Whole documents, the usage of which cannot be read. */
export const uncountedDocuments = {
  'no usage': (exchange) =>
    sendDocument(exchange, { change: (document) => ({ ...document, usage: undefined }) }),
  'usage of the wrong types': (exchange) =>
    sendDocument(exchange, {
      change: (document) => ({
        ...document,
        usage: { prompt_tokens: 'many', completion_tokens: [] },
      }),
    }),
  'usage that is a text': (exchange) =>
    sendDocument(exchange, { change: (document) => ({ ...document, usage: 'a lot' }) }),
  'negative usage': (exchange) =>
    sendDocument(exchange, {
      change: (document) => ({
        ...document,
        usage: { prompt_tokens: 3, completion_tokens: -1, total_tokens: 2 },
      }),
    }),
} as const satisfies Readonly<Record<string, Behaviour>>
