import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { beginRow, callKey, endRow } from '#store/record-row.ts'
import { attemptOf, openingOf, recordOf } from '#test/support/request-record.ts'

const replicaId = '019a0000-0000-7000-8000-00000000000f'
const parsed = (json: string): Record<string, unknown> => JSON.parse(json)

describe('the rows of a call', () => {
  it('are JSON whatever its texts are, without what Postgres refuses', () => {
    const text = fc.string({ unit: 'binary' })
    fc.assert(
      fc.property(text, text, (endUser, key) => {
        const record = recordOf({
          endUser,
          clientIp: `a"b\\${endUser}`,
          tags: [key],
          metadata: { [key]: { inner: [endUser] } },
          errorCode: 'INTERNAL',
          errorMessage: endUser,
        })
        const { call } = endRow(record, replicaId)
        const clean = (given: string) => given.replaceAll('\0', '\ufffd').toWellFormed()
        expect(parsed(call)).toMatchObject({
          end_user: clean(endUser),
          client_ip: clean(`a"b\\${endUser}`),
          tags: [clean(key)],
          metadata: { [clean(key)]: { inner: [clean(endUser)] } },
          error_message: clean(endUser),
        })
      }),
    )
  })

  it('leave out what is not known', () => {
    const { call, attempts } = endRow(recordOf({ usage: null, cost: null }), replicaId)
    for (const value of [...Object.values(parsed(call)), ...Object.values(parsed(attempts))])
      expect(value).not.toBeNull()
    expect(parsed(call)).not.toHaveProperty('cost_total')
    expect(parsed(call)).not.toHaveProperty('error_code')
  })

  it('carry money as text, at any size', () => {
    const total = 2n ** 62n + 1n
    const cost = { ...recordOf().cost!, total }
    expect(parsed(endRow(recordOf({ cost }), replicaId).call)['cost_total']).toBe(`${total}`)
  })

  it('have one key, however far the call is', () => {
    const record = recordOf()
    const begun = beginRow(openingOf(record), attemptOf(), replicaId)
    expect(callKey(begun)).toBe(callKey(endRow(record, replicaId)))
  })

  it('say nothing of durations that nobody saw', () => {
    const lost = parsed(endRow(recordOf(), replicaId, { lost: true }).call)
    expect(lost['lost']).toBe(true)
    expect(lost).not.toHaveProperty('latency_ms')
  })
})
