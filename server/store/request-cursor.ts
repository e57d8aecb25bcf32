import { GatewayError } from '#domain/errors.ts'

export type RequestOrderField = 'CREATED_AT' | 'LATENCY' | 'COST' | 'TOKENS'

export interface RequestOrder {
  readonly field: RequestOrderField
  readonly direction: 'ASC' | 'DESC'
}

/** A place in an ordered list: just behind, or before, the call with this id and value. */
export interface RequestCursor {
  readonly id: string
  /** The value that is ordered by, as text; empty for CREATED_AT, where the id says it all. */
  readonly value: string
}

const shape =
  /^(CREATED_AT|LATENCY|COST|TOKENS):(ASC|DESC):(-?\d{1,19}(?:\.\d{1,20})?(?:e[-+]?\d{1,3})?|):([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/

export function writeCursor({ id, value }: RequestCursor, order: RequestOrder): string {
  return Buffer.from(`${order.field}:${order.direction}:${value}:${id}`).toString('base64url')
}

/** @throws {GatewayError} INVALID_REQUEST for anything that this list, in this order, has not handed out. */
export function readCursor(text: string, order: RequestOrder): RequestCursor {
  const [, field, direction, value, id] =
    shape.exec(Buffer.from(text, 'base64url').toString()) ?? []
  const fits =
    field === order.field &&
    direction === order.direction &&
    (value === '') === (field === 'CREATED_AT')
  if (!fits || id === undefined || value === undefined || !isValue(value, order.field)) {
    throw new GatewayError(
      'INVALID_REQUEST',
      'The cursor does not belong to this list in this order; start without one.',
    )
  }
  return { id, value }
}

const isValue = (value: string, field: RequestOrderField): boolean =>
  field === 'CREATED_AT' ||
  field === 'LATENCY' ||
  (/^-?\d+$/.test(value) && BigInt.asIntN(64, BigInt(value)) === BigInt(value))
