import { asGatewayError } from '#domain/errors.ts'
import { apiError } from './api-error.ts'
import type { GraphqlContext } from './context.ts'

/** Makes a change; what it refuses is thrown as the type that the contract has for it. */
export async function refusable<Result>(
  { requestId }: GraphqlContext,
  change: () => Promise<Result>,
): Promise<Result> {
  try {
    return await change()
  } catch (thrown) {
    const error = asGatewayError(thrown)
    throw error.unexpected ? error : apiError(error, { requestId })
  }
}
