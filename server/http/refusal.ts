import { type ErrorCode, GatewayError, type GatewayErrorDetails } from '#domain/errors.ts'
import type { HeaderList } from './answer.ts'

/** A refusal that belongs to HTTP alone: its status is not the one of its code. */
export class Refusal extends GatewayError {
  readonly headers: HeaderList
  readonly #status: number

  constructor(
    status: number,
    message: string,
    {
      code = 'INVALID_REQUEST',
      headers = [],
      ...details
    }: GatewayErrorDetails & { code?: ErrorCode; headers?: HeaderList } = {},
  ) {
    super(code, message, details)
    this.headers = headers
    this.#status = status
  }

  override get status(): number {
    return this.#status
  }
}
