import { cursorOf, keysetPage } from './keyset-page.ts'

/** A window on rows in the order of their ids, newest first. */
export interface RowPage<Row extends { readonly id: string }> {
  readonly edges: readonly { readonly cursor: string; readonly node: Row }[]
  readonly pageInfo: {
    readonly hasNextPage: boolean
    readonly hasPreviousPage: boolean
    readonly startCursor: string | null
    readonly endCursor: string | null
  }
}

/** What Prisma is asked for a page: one row more than it shows tells whether another follows. */
export interface RowQuery {
  readonly orderBy: { readonly id: 'desc' }
  readonly take: number
  readonly where: { readonly id?: { readonly lt: string } }
}

/**
 * Reads one page.
 *
 * @param read Finds rows; it adds its own conditions to those of the query.
 * @throws {GatewayError} INVALID_REQUEST for sizes beyond 500 and cursors of other lists.
 */
export async function rowPage<Row extends { readonly id: string }>(
  asked: { readonly first?: number | null; readonly after?: string | null },
  read: (query: RowQuery) => PromiseLike<Row[]>,
): Promise<RowPage<Row>> {
  const { first, after } = keysetPage(asked)
  const rows = await read({
    orderBy: { id: 'desc' },
    take: first + 1,
    where: after === undefined ? {} : { id: { lt: after } },
  })
  const edges = rows.slice(0, first).map((node) => ({ cursor: cursorOf(node.id), node }))
  return {
    edges,
    pageInfo: {
      hasNextPage: rows.length > first,
      hasPreviousPage: after !== undefined,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  }
}
