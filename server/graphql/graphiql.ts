import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

/** The page is a program in itself: nothing but this server is asked for anything. */
const policy = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-inline' blob:",
  'worker-src blob:',
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "frame-ancestors 'none'",
].join('; ')

const firstQuery = `# Nothing is called and nothing is charged for simulator models.
subscription Stream {
  completionStream(
    input: { model: "simulator:fast", messages: [{ role: USER, content: [{ text: "Hello" }] }] }
  ) {
    seq
    ... on CompletionTextDelta { text }
    ... on CompletionFinished { completion { text usage { totalTokens } cost { total } } }
    ... on CompletionFailed { error { message code } }
  }
}

query Providers {
  providers { name kind health { state } }
}
`

let page: Promise<{ plain: Buffer; zipped: Buffer }> | undefined

/** Whether a browser asks for a page, rather than a program for a result. */
export function wantsGraphiql({ headers, method, url = '' }: IncomingMessage): boolean {
  const asksForPage =
    (method === 'GET' || method === 'HEAD') && (headers.accept ?? '').includes('text/html')
  return asksForPage && !/[?&]query=/.test(url)
}

/** Sends GraphiQL, whole, from this server. It is made and packed at its first use. */
export async function sendGraphiql(
  { headers }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  page ??= makePage()
  const { plain, zipped } = await page
  const zips = /\bgzip\b/.test(headers['accept-encoding'] ?? '')
  const body = zips ? zipped : plain
  response.writeHead(200, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': body.length,
    ...(zips && { 'Content-Encoding': 'gzip' }),
    Vary: 'Accept, Accept-Encoding',
    'Cache-Control': 'no-cache',
    'Content-Security-Policy': policy,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
  })
  response.end(body)
}

async function makePage(): Promise<{ plain: Buffer; zipped: Buffer }> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql')
  const html = renderGraphiQL({
    title: 'AI Orchestrator',
    endpoint: '/graphql',
    subscriptionsProtocol: 'WS',
    defaultQuery: firstQuery,
  })
  const plain = Buffer.from(html)
  return { plain, zipped: await promisify(gzip)(plain) }
}
