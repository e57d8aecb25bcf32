import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const program = join(import.meta.dirname, '../../server/cli/demo.ts')

async function run(args: readonly string[], env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [program, ...args], { env: { HOME: '/nowhere', ...env } })
  let output = ''
  child.stdout.on('data', (part: Buffer) => (output += part.toString()))
  child.stderr.on('data', (part: Buffer) => (output += part.toString()))
  const [code] = (await once(child, 'close')) as [number]
  return { code, output }
}

it.each<[string, readonly string[], Readonly<Record<string, string>>, number, RegExp]>([
  [
    'no server answers',
    [],
    { PORT: '9' },
    1,
    /No server answers at http:\/\/127\.0\.0\.1:9.*npm start/,
  ],
  ['a model costs money', ['--model', 'openai:gpt-4.1'], {}, 2, /openai:gpt-4\.1 is not simulated/],
  ['the rate is no number', ['--rate', 'many'], {}, 2, /--rate: expected a number/],
  ['a setting is wrong', [], { PORT: 'http' }, 2, /PORT: expected/],
])('says what to do when %s', async (_, args, env, code, message) => {
  const ended = await run(args, env)
  expect(ended.output).toMatch(message)
  expect(ended.code).toBe(code)
})

it('calls a server that has a simulator, and stops after its time', async () => {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.end('{"object":"list","data":[{"id":"simulator:fast"}]}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const ended = await run(['--rate', '200', '--seconds', '0.3'], { ORCHESTRATOR_URL: url })
  server.closeAllConnections()
  server.close()
  expect(ended.code).toBe(0)
  expect(ended.output).toMatch(/\d+ answered/)
  expect(asked).toContain('/v1/chat/completions')
})

it('says that a server without a simulator cannot show it', async () => {
  const server = createServer((_request, response) =>
    response.end('{"object":"list","data":[]}'),
  ).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const ended = await run([], {
    ORCHESTRATOR_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  })
  server.close()
  expect(ended).toMatchObject({ code: 1, output: expect.stringContaining('has no simulator') })
})

it.each([
  [
    401,
    '{"error":{"code":"unauthenticated","message":"missing bearer token"}}',
    2,
    /wants a token/,
  ],
  [
    503,
    '{"error":{"code":"overloaded","message":"This gateway is overloaded."}}',
    1,
    /\/v1\/models cannot be read: This gateway is overloaded\./,
  ],
  [
    400,
    '{"error":{"code":"invalid_request","message":"The Host header is wrong."}}',
    2,
    /cannot be read: The Host header is wrong\./,
  ],
  [502, '<html>', 1, /cannot be read: it answered 502/],
])('ends by the table of errors where the server answers %i', async (status, body, code, words) => {
  const server = createServer((_request, response) => response.writeHead(status).end(body)).listen(
    0,
    '127.0.0.1',
  )
  await once(server, 'listening')
  const ended = await run([], {
    ORCHESTRATOR_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  })
  server.closeAllConnections()
  server.close()
  expect(ended.output).toMatch(words)
  expect(ended.code).toBe(code)
})
