import { GatewayError } from '#domain/errors.ts'

const defaultSize = 50
const largestSize = 500

export interface Connection<Node> {
  readonly edges: readonly { readonly cursor: string; readonly node: Node }[]
  readonly pageInfo: {
    readonly hasNextPage: boolean
    readonly hasPreviousPage: boolean
    readonly startCursor: string | null
    readonly endCursor: string | null
  }
  readonly totalCount: number
}

/**
 * A window on a list that is in memory as a whole; its cursors are the names of its items.
 *
 * @throws {GatewayError} INVALID_REQUEST for sizes beyond 500 and cursors of other lists.
 */
export function pageOf<Node>(
  all: readonly Node[],
  {
    first,
    after,
    nameOf,
  }: { first?: number | null; after?: string | null; nameOf: (node: Node) => string },
): Connection<Node> {
  const size = first ?? defaultSize
  if (size < 0 || size > largestSize) throw refused('first', `must be from 0 to ${largestSize}`)
  const cursorOf = (node: Node) => Buffer.from(nameOf(node)).toString('base64url')
  const before = after ? all.findIndex((node) => cursorOf(node) === after) : -1
  if (after && before < 0) throw refused('after', 'must be a cursor of this list')
  const edges = all
    .slice(before + 1, before + 1 + size)
    .map((node) => ({ cursor: cursorOf(node), node }))
  return {
    edges,
    pageInfo: {
      hasNextPage: before + 1 + size < all.length,
      hasPreviousPage: before >= 0,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    totalCount: all.length,
  }
}

function refused(argument: string, message: string): GatewayError {
  return new GatewayError('INVALID_REQUEST', `\`${argument}\` ${message}.`, {
    issues: [{ path: [argument], message }],
  })
}
