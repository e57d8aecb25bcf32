import type { IncomingHttpHeaders } from 'node:http'
import { GatewayError } from '#domain/errors.ts'
import { priorities } from '#domain/queue-order.ts'
import type { Priority } from '#domain/request-record.ts'

const header = 'x-orchestrator-priority'

/**
 * How urgent a call is, by its header, in whatever case; NORMAL without one.
 *
 * @throws {GatewayError} INVALID_REQUEST for what is no priority.
 */
export function askedPriority(headers: IncomingHttpHeaders): Priority {
  const text = headers[header]
  if (text === undefined) return 'NORMAL'
  const asked = priorities.find((priority) => priority === String(text).trim().toUpperCase())
  if (asked) return asked
  const message = `must be one of ${priorities.join(', ')}`
  throw new GatewayError('INVALID_REQUEST', `The header ${header} ${message}.`, {
    issues: [{ path: [header], message }],
  })
}
