import { describe, expect, it } from 'vitest'
import type { RequestFilter } from '#domain/request-filter.ts'
import { filterable, requestMatches } from '#domain/request-match.ts'
import { attemptOf, failedAttempt, recordOf } from '#test/support/request-record.ts'

const call = recordOf({
  endUser: 'Eve',
  tags: ['a', 'b'],
  latencyMs: 120,
  attempts: [failedAttempt('PROVIDER_TIMEOUT'), attemptOf({ index: 1 })],
  errorCode: null,
  status: 'SUCCEEDED',
})
const plain: RequestFilter = { time: { from: 0, to: 1 }, simulated: false }
const [fingerprint] = filterable(call).fingerprints

describe('requestMatches', () => {
  it.each<[Partial<RequestFilter>, boolean]>([
    [{}, true],
    [{ simulated: true }, false],
    [{ endUser: { contains: 'VE' } }, true],
    [{ endUser: { startsWith: 'v' } }, false],
    [{ endUser: { in: ['eve'] } }, false],
    [{ sessionId: { exists: true } }, false],
    [{ sessionId: { notIn: ['x'] } }, true],
    [{ tag: { in: ['b', 'c'] } }, true],
    [{ tag: { notIn: ['b'] } }, false],
    [{ latencyMs: { gt: 100, lte: 120 } }, true],
    [{ latencyMs: { lt: 120 } }, false],
    [{ latencyMs: {} }, true],
    [{ cost: { gte: 3000n } }, true],
    [{ status: ['FAILED'] }, false],
    [{ status: [] }, false],
    [{ errorCode: ['PROVIDER_TIMEOUT'] }, false],
    [{ errorFingerprint: fingerprint }, true],
    [{ errorFingerprint: '0000000000000000' }, false],
    [{ requestId: call.id.toUpperCase() }, true],
    [{ stream: true }, false],
  ])('says of %o: %s', (filter, expected) => {
    expect(requestMatches({ ...plain, ...filter }, filterable(call))).toBe(expected)
  })
})
