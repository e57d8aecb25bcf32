import { GatewayError } from '#domain/errors.ts'

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** The types that have ids, and what their own ids look like. */
const nodeTypes: Readonly<Record<string, RegExp>> = {
  Request: uuid,
  ApiKey: uuid,
  Tenant: uuid,
  Project: uuid,
  AuditEvent: uuid,
  Budget: uuid,
  Alert: uuid,
  Quota: uuid,
  Provider: /^.{1,200}$/s,
  Model: /^.{1,600}$/s,
}

/** An id that is opaque, and unique among all types. */
export function encodeGlobalId(typename: string, id: string | number | bigint): string {
  return Buffer.from(`${typename}:${id}`).toString('base64url')
}

/** @throws {GatewayError} INVALID_REQUEST for anything that was not handed out here. */
export function decodeGlobalId(globalId: string): { typename: string; id: string } {
  const text = Buffer.from(globalId, 'base64url').toString('utf8')
  const colon = text.indexOf(':')
  const typename = text.slice(0, Math.max(0, colon))
  const id = text.slice(colon + 1)
  const pattern = Object.hasOwn(nodeTypes, typename) ? nodeTypes[typename] : undefined
  if (pattern?.test(id) && encodeGlobalId(typename, id) === globalId.replace(/=+$/, ''))
    return { typename, id }
  const message = 'This is no id of this server.'
  throw new GatewayError('INVALID_REQUEST', message, { issues: [{ path: ['id'], message }] })
}

/** The UUID in an id of that type; text that is a UUID already stays as it is, and so does all else. */
export function plainId(typename: string, given: string): string {
  if (uuid.test(given)) return given
  const text = Buffer.from(given, 'base64url').toString('utf8')
  return text.startsWith(`${typename}:`) ? text.slice(typename.length + 1) : given
}

/**
 * The UUID in an id of that type.
 *
 * @throws {GatewayError} NOT_FOUND for everything else: no such thing can be there.
 */
export function idOfType(typename: string, globalId: string): string {
  const id = plainId(typename, globalId)
  if (id !== globalId && uuid.test(id)) return id
  throw new GatewayError('NOT_FOUND', `There is no such ${typename.toLowerCase()}.`)
}
