/**
 * A provider that answers at once, in OpenAI's wire format: the fastest possible other end, so that what is measured
 * is what stands before it. Prints its port.
 */
import { createServer } from 'node:http'

const usage = '{"prompt_tokens":12,"completion_tokens":20,"total_tokens":32}'
const whole = Buffer.from(
  `{"id":"chatcmpl-1","object":"chat.completion","created":1790000000,"model":"gpt-4.1-mini","choices":[{"index":0,` +
    `"message":{"role":"assistant","content":"The quick brown fox jumps over the lazy dog, as it always did."},` +
    `"finish_reason":"stop"}],"usage":${usage}}`,
)
const frame = (choices: string, rest = '') =>
  `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1790000000,"model":"gpt-4.1-mini","choices":[${choices}]${rest}}\n\n`
const delta = Buffer.from(frame('{"index":0,"delta":{"content":" word"},"finish_reason":null}'))
const tail = Buffer.from(
  frame('{"index":0,"delta":{},"finish_reason":"stop"}') +
    frame('', `,"usage":${usage}`) +
    'data: [DONE]\n\n',
)
const streamedTokens = 20

const server = createServer((request, response) => {
  let body = ''
  request.setEncoding('latin1')
  request.on('data', (part: string) => {
    body += part
  })
  request.on('end', () => {
    if (!body.includes('"stream":true')) {
      response.writeHead(200, [
        'Content-Type',
        'application/json',
        'Content-Length',
        String(whole.length),
      ])
      response.end(whole)
      return
    }
    response.writeHead(200, ['Content-Type', 'text/event-stream'])
    for (let token = 0; token < streamedTokens; token++) response.write(delta)
    response.end(tail)
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address && typeof address === 'object') console.log(String(address.port))
})
