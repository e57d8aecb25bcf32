import { GatewayError } from '#domain/errors.ts'

const defaultSize = 50
const largestSize = 500
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** A window on a list in the order of its ids, which are UUIDs and its cursors. */
export interface KeysetPage {
  readonly first: number
  /** The id behind which the page begins. */
  readonly after: string | undefined
}

/** @throws {GatewayError} INVALID_REQUEST for sizes beyond 500 and cursors of other lists. */
export function keysetPage(asked: {
  readonly first?: number | null
  readonly after?: string | null
}): KeysetPage {
  const first = asked.first ?? defaultSize
  if (first < 0 || first > largestSize) throw refused('first', `must be from 0 to ${largestSize}`)
  if (!asked.after) return { first, after: undefined }
  const after = Buffer.from(asked.after, 'base64url').toString()
  if (!uuid.test(after)) throw refused('after', 'must be a cursor of this list')
  return { first, after }
}

export const cursorOf = (id: string): string => Buffer.from(id).toString('base64url')

function refused(argument: string, message: string): GatewayError {
  return new GatewayError('INVALID_REQUEST', `\`${argument}\` ${message}.`, {
    issues: [{ path: [argument], message }],
  })
}
