import { expect, it } from 'vitest'
import { GatewayError } from '#domain/errors.ts'
import { createCallLog } from '#telemetry/call-log.ts'
import { callRequest, fakeGateway, scriptedAdapter } from '#test/support/fake-gateway.ts'
import { memoryLog } from '#test/support/memory-log.ts'

/** The lines that a call leaves whose provider, of some kind, fails in some way. */
async function linesOf(
  kind: string,
  error: GatewayError,
): Promise<readonly Record<string, unknown>[]> {
  const { gateway, observed } = fakeGateway(scriptedAdapter(() => Promise.reject(error)))
  await gateway.run(gateway.open(callRequest())).catch(() => {})
  const { log, lines } = memoryLog()
  const calls = createCallLog(log, () => kind)
  for (const record of observed) calls.callEnded(record)
  return lines()
}

const refused = (status: number) =>
  new GatewayError('PROVIDER_UNAVAILABLE', 'it refused', {
    upstream: { status, contentType: 'text/plain', body: Buffer.from('no'), headers: {} },
  })

it.each([
  ['AGENT', refused(503), 'agent_runner_error'],
  ['OLLAMA', refused(404), 'ollama_error'],
  ['OLLAMA', new GatewayError('PROVIDER_PROTOCOL', 'broken JSON'), 'ollama_json_error'],
  ['RAG', refused(500), 'rag_error'],
  ['OPENAI', refused(500), 'call_failed'],
])(
  'a call that %s failed leaves v0.7.2’s event, with the request id',
  async (kind, error, event) => {
    expect(await linesOf(kind, error)).toEqual([
      expect.objectContaining({
        level: 'info',
        msg: event,
        event,
        status_code: error.status,
        model: 'openai:gpt-test',
        requestId: callRequest().id,
      }),
    ])
  },
)

it('a caller that hung up leaves none', async () => {
  expect(await linesOf('OPENAI', new GatewayError('CANCELLED', 'gone'))).toEqual([])
})

it('what nobody expected is an error', async () => {
  expect(await linesOf('OPENAI', new GatewayError('INTERNAL', 'why'))).toMatchObject([
    { level: 'error' },
  ])
})
