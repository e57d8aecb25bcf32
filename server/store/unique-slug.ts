import { GatewayError } from '#domain/errors.ts'
import { Prisma } from '#generated/prisma/client.ts'

/**
 * Runs a change that may hit a slug which is taken.
 *
 * @throws {GatewayError} INVALID_REQUEST when it is.
 */
export async function withUniqueSlug<Result>(change: () => Promise<Result>): Promise<Result> {
  try {
    return await change()
  } catch (error) {
    // P2002 is how Prisma says that a unique column has the value already.
    const isTaken = error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002'
    if (!isTaken) throw error
    const message = 'is taken'
    throw new GatewayError('INVALID_REQUEST', 'This `slug` is taken.', {
      issues: [{ path: ['input', 'slug'], message }],
      cause: error,
    })
  }
}
