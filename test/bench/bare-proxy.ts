/** The least that a proxy can do: undici `dispatch`, the body untouched both ways. Prints its port. */
import { createServer } from 'node:http'
import { Pool } from 'undici'

const pool = new Pool(process.argv[2] ?? '', { connections: 64, pipelining: 1 })

const server = createServer((request, response) => {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    pool.dispatch(
      {
        path: '/v1/chat/completions',
        method: 'POST',
        headers: ['content-type', 'application/json'],
        body: parts.length === 1 ? (parts[0] ?? null) : Buffer.concat(parts),
      },
      {
        onRequestStart: () => {},
        onResponseStart: (_controller, status, headers) => {
          response.writeHead(status, { 'content-type': String(headers['content-type']) })
        },
        onResponseData: (_controller, part) => {
          response.write(part)
        },
        onResponseEnd: () => {
          response.end()
        },
        onResponseError: (_controller, error) => {
          response.destroy(error)
        },
      },
    )
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address && typeof address === 'object') console.log(String(address.port))
})
