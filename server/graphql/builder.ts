import SchemaBuilder from '@pothos/core'
import DataloaderPlugin from '@pothos/plugin-dataloader'
import ErrorsPlugin from '@pothos/plugin-errors'
import PrismaPlugin from '@pothos/plugin-prisma'
import RelayPlugin from '@pothos/plugin-relay'
import ScopeAuthPlugin, { type AuthFailure } from '@pothos/plugin-scope-auth'
import type PrismaTypes from '#generated/pothos-prisma.ts'
import { getDatamodel } from '#generated/pothos-prisma.ts'
import type { Scope } from '#domain/access.ts'
import { GatewayError } from '#domain/errors.ts'
import { ForbiddenError } from './api-error.ts'
import type { GraphqlContext } from './context.ts'
import { decodeGlobalId, encodeGlobalId } from './global-id.ts'

interface SchemaTypes {
  Context: GraphqlContext
  PrismaTypes: PrismaTypes
  DefaultFieldNullability: false
  DefaultEdgesNullability: { list: false; items: false }
  DefaultNodeNullability: false
  AuthScopes: { may: Scope }
  Scalars: {
    ID: { Input: string; Output: string }
    /** Instants come in as epoch milliseconds and go out as these or as dates. */
    DateTime: { Input: number; Output: number | Date }
    /** Money goes out as ticks. */
    Decimal: { Input: string; Output: bigint | string }
    BigInt: { Input: bigint; Output: bigint | number }
    JSON: { Input: unknown; Output: unknown }
    URL: { Input: string; Output: string }
    TimeZone: { Input: string; Output: string }
  }
}

const capitalised = (name: string): string => name.slice(0, 1).toUpperCase() + name.slice(1)

/** The scopes that were asked for in vain. */
function missingScopes(failure: AuthFailure): readonly string[] {
  if ('failures' in failure) return [...new Set(failure.failures.flatMap(missingScopes))]
  return 'parameter' in failure ? [String(failure.parameter)] : []
}

const mostNodes = 100

function tooManyNodes(): GatewayError {
  const message = `At most ${mostNodes} nodes are read at once.`
  return new GatewayError('INVALID_REQUEST', message, { issues: [{ path: ['ids'], message }] })
}

/** What is not there is null, and no error. */
async function orNull(node: unknown): Promise<unknown> {
  try {
    const found = await node
    return isMissing(found) ? null : found
  } catch (thrown) {
    if (isMissing(thrown)) return null
    throw thrown
  }
}

/** P2025 is how Prisma says that a row which must be there is not. */
function isMissing(thrown: unknown): boolean {
  return (
    thrown instanceof Error &&
    'code' in thrown &&
    (thrown.code === 'NOT_FOUND' || thrown.code === 'P2025')
  )
}

/** The plugins, and nothing else: each type and its queries and mutations stand in a module of their own. */
export const builder = new SchemaBuilder<SchemaTypes>({
  // In this order, else a refusal escapes as a top-level error.
  plugins: [ErrorsPlugin, ScopeAuthPlugin, PrismaPlugin, RelayPlugin, DataloaderPlugin],
  defaultFieldNullability: false,
  errors: {
    defaultTypes: [],
    defaultResultOptions: { name: ({ fieldName }) => `${capitalised(fieldName)}Success` },
    defaultUnionOptions: { name: ({ fieldName }) => `${capitalised(fieldName)}Result` },
  },
  scopeAuth: {
    authorizeOnSubscribe: true,
    authScopes: ({ viewer }) => ({
      may: (scope) => viewer.scopes.has(scope) || viewer.scopes.has('admin'),
    }),
    unauthorizedError: (_parent, { requestId }, _info, { failure }) => {
      const missing = missingScopes(failure)
      const message =
        missing.length > 0
          ? `This needs the scope ${missing.join(', ')}.`
          : 'This is not yours to see or do.'
      return new ForbiddenError(
        new GatewayError('FORBIDDEN', message, { missingScopes: missing }),
        requestId,
      )
    },
  },
  prisma: {
    client: ({ services }) => services.prisma,
    dmmf: getDatamodel(),
    filterConnectionTotalCount: true,
    onUnusedQuery: null,
  },
  relay: {
    encodeGlobalID: encodeGlobalId,
    decodeGlobalID: decodeGlobalId,
    cursorType: 'String',
    edgesFieldOptions: { nullable: { list: false, items: false } },
    nodeFieldOptions: { nullable: false },
    nodeQueryOptions: {
      resolve: (_root, { id }, _context, _info, resolveNode) => orNull(resolveNode(id)),
    },
    nodesQueryOptions: {
      nullable: { list: false, items: true },
      resolve: async (_root, { ids }, _context, _info, resolveNodes) => {
        if (ids.length > mostNodes) throw tooManyNodes()
        // Nodes of Prisma's are `nullable`: else one that is not there fails all that are read together with it.
        return (await resolveNodes(ids)).map(orNull)
      },
    },
  },
})
