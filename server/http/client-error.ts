import { randomUUIDv7 } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'

/**
 * Answers what Node could not read as a request: too long a head (431), too slow a one (408), or nonsense (400). There
 * is no response object then, so the answer is written by hand, and the connection ends.
 */
export function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET' || hasAnswered(socket)) {
    socket.destroy()
    return
  }
  const { status, message } = refusalOf(error)
  const id = randomUUIDv7()
  const body = JSON.stringify({
    detail: message,
    error: {
      message,
      type: 'invalid_request_error',
      param: null,
      code: 'invalid_request',
      request_id: id,
    },
  })
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nX-Request-ID: ${id}\r\nX-Response-Time: 0.0ms\r\n` +
      `Connection: close\r\n\r\n${body}`,
  )
}

function refusalOf({ code }: NodeJS.ErrnoException): { status: number; message: string } {
  if (code === 'HPE_HEADER_OVERFLOW') return { status: 431, message: 'request headers too large' }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return { status: 408, message: 'request came too slowly' }
  return { status: 400, message: 'malformed HTTP request' }
}

/** Whether the head of an answer has gone out on this socket: a second one would be read as part of its body. */
function hasAnswered(socket: Duplex): boolean {
  const current: unknown = Reflect.get(socket, '_httpMessage')
  return (
    typeof current === 'object' && current !== null && Reflect.get(current, '_headerSent') === true
  )
}
