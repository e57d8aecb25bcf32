import { describe, expect, it } from 'vitest'
import { createRequestLog } from '#telemetry/request-log.ts'
import { memoryLog } from '#test/support/memory-log.ts'

describe('the lines of a request', () => {
  const answer = {
    requestId: 'r1',
    statusCode: 200,
    elapsedMs: 5.678,
    req: { method: 'GET', url: '/v1/models?token=secret' },
  }

  it('are two, with its id, and never its query', () => {
    const { log, lines } = memoryLog()
    const requests = createRequestLog(log)
    requests.received(answer)
    requests.answered(answer)
    expect(lines()).toMatchObject([
      { requestId: 'r1', msg: 'GET /v1/models' },
      { requestId: 'r1', status: 200, durationMs: 5.68, msg: 'GET /v1/models -> 200' },
    ])
    expect(JSON.stringify(lines())).not.toContain('secret')
  })

  it('of a crash hold its cause', () => {
    const { log, lines } = memoryLog()
    createRequestLog(log).crashed(new TypeError('why'), answer)
    expect(lines()).toMatchObject([
      { level: 'error', requestId: 'r1', err: { type: 'TypeError', message: 'why' } },
    ])
  })

  it('cut paths that are too long, and keep them on one line', () => {
    const { log, lines } = memoryLog()
    createRequestLog(log).received({
      ...answer,
      req: { method: 'GET', url: `/${'x'.repeat(9000)}` },
    })
    expect(String(lines()[0]?.['msg']).length).toBeLessThan(220)
  })
})
