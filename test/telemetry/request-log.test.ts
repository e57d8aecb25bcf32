import { describe, expect, it } from 'vitest'
import { createLog } from '#telemetry/logger.ts'
import { createRequestLog } from '#telemetry/request-log.ts'
import { memorySink } from '#test/support/memory-sink.ts'

describe('the lines of a request', () => {
  const answer = {
    requestId: 'r1',
    statusCode: 200,
    elapsedMs: 5.678,
    req: { method: 'GET', url: '/v1/models?token=secret' },
  }

  it('are two, with its id, and never its query', () => {
    const sink = memorySink()
    const requests = createRequestLog(createLog({ sinks: [sink] }))
    requests.received(answer)
    requests.answered(answer)
    expect(sink.lines).toMatchObject([
      { requestId: 'r1', msg: 'GET /v1/models' },
      { requestId: 'r1', status: 200, durationMs: 5.68, msg: 'GET /v1/models -> 200' },
    ])
    expect(JSON.stringify(sink.lines)).not.toContain('secret')
  })

  it('of a crash hold its cause', () => {
    const sink = memorySink()
    createRequestLog(createLog({ sinks: [sink] })).crashed(new TypeError('why'), answer)
    expect(sink.lines).toMatchObject([
      { level: 'error', requestId: 'r1', err: { type: 'TypeError', message: 'why' } },
    ])
  })

  it('cut paths that are too long, and keep them on one line', () => {
    const sink = memorySink()
    createRequestLog(createLog({ sinks: [sink] })).received({
      ...answer,
      req: { method: 'GET', url: `/${'x'.repeat(9000)}` },
    })
    expect(String(sink.lines[0]?.['msg']).length).toBeLessThan(220)
  })
})
