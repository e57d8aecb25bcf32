import fc from 'fast-check'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import { plainLine } from '#telemetry/plain-line.ts'

const context = { level: 'info', time: ',"time":"now"' }

it('is what pino would have written', () => {
  let line = ''
  const logger = pino(
    {
      base: undefined,
      timestamp: () => context.time,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (text: string) => (line = text) },
  )
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  )
  const fields = fc.record({ requestId: value, status: value, durationMs: value })
  fc.assert(
    fc.property(fields, fc.string({ unit: 'binary' }), (given, message) => {
      logger.info(given, message)
      const own = plainLine(given, { ...context, message })
      expect(JSON.parse(own ?? '')).toEqual(JSON.parse(line))
    }),
  )
})

it.each([
  ['an object', { err: {} }],
  ['nothing', { status: undefined }],
  ['null', { status: null }],
  ['no number', { status: Number.NaN }],
])('leaves %s to pino', (_what, fields) => {
  expect(plainLine(fields, { ...context, message: 'm' })).toBeUndefined()
})
