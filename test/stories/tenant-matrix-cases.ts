import {
  buildClientSchema,
  getIntrospectionQuery,
  type GraphQLSchema,
  type IntrospectionQuery,
} from 'graphql'
import { sql } from '../support/store.ts'
import type { MatrixHouse } from './tenant-matrix-house.ts'
import type { LiveOfA } from './tenant-matrix-live.ts'
import { type MatrixOperation, nodeOperations, rootOperations } from './tenant-matrix-operations.ts'
import { type Actor, ask } from './tenant-matrix-run.ts'
import { nodeIds, sharedNodeIds } from './tenant-matrix-tenants.ts'
import { matrixValues } from './tenant-matrix-values.ts'

/** All that is asked, generated from the schema that the server serves. */
export interface MatrixCases {
  readonly schema: GraphQLSchema
  readonly reads: readonly MatrixOperation[]
  readonly mutations: readonly MatrixOperation[]
  /** Of what moves by itself. */
  readonly feeds: readonly MatrixOperation[]
  /** That begin a call. */
  readonly calls: readonly MatrixOperation[]
}

export async function matrixCases(house: MatrixHouse, live: LiveOfA): Promise<MatrixCases> {
  const { a, b, c, store } = house
  const [row] = await sql<{ fingerprint: string }>(
    store.databaseUrl,
    `select error_fingerprint as fingerprint from request
     where tenant_id = $1 and error_fingerprint is not null order by id limit 1`,
    [a.tenantId],
  )
  const given = { ...live.given, fingerprint: row?.fingerprint ?? '' }
  const tenants = { a, b, startMs: store.startMs }
  const values = matrixValues(tenants, given)
  const changing = matrixValues(
    { ...tenants, b: c },
    { ...given, always: ['free', 'dryRun', 'onlyUnpriced'] },
  )
  const simulated = matrixValues(tenants, { ...given, always: ['simulated'] })
  const schema = await servedSchema(house)
  const generating = { schema, values }
  const subscriptions = [
    ...rootOperations('subscription', { schema, values: changing }),
    ...rootOperations('subscription', { schema, values: simulated }).map((operation) => ({
      ...operation,
      label: `${operation.label}, simulated`,
    })),
  ]
  const beginsCall = ({ query }: MatrixOperation) => query.includes('CompletionInput!')
  return {
    schema,
    reads: [
      ...rootOperations('query', generating),
      ...nodeOperations(generating, { ids: nodeIds(a), label: 'A’s id' }),
      ...nodeOperations(generating, { ids: nodeIds(b), label: 'B’s own id' }),
      ...nodeOperations(generating, {
        ids: smuggling(house),
        label: 'B’s id of a row with A’s ids',
      }),
      ...nodeOperations(generating, { ids: sharedNodeIds, label: 'an id of the installation’s' }),
    ],
    mutations: rootOperations('mutation', { schema, values: changing }),
    feeds: subscriptions.filter((operation) => !beginsCall(operation)),
    calls: subscriptions.filter(
      (operation) => beginsCall(operation) && !operation.label.endsWith('simulated'),
    ),
  }
}

/** The call of B's that names a key and a project of A's. */
function smuggling({ b }: MatrixHouse): Readonly<Record<string, string>> {
  const { Request } = nodeIds({ ...b, requestIds: b.requestIds.slice(2) })
  return Request === undefined ? {} : { Request }
}

async function servedSchema({ a, app }: MatrixHouse): Promise<GraphQLSchema> {
  const query = getIntrospectionQuery({ oneOf: true })
  const operation = { field: '__schema', label: '', query, variables: {} }
  const { text } = await ask(app.origin, { actor: { name: 'A', token: a.tokens.ADMIN }, operation })
  const { data } = JSON.parse(text) as { data: IntrospectionQuery }
  return buildClientSchema(data)
}

/** Everybody who asks. */
export function matrixActors({ a, b, c, rootToken }: MatrixHouse) {
  const actor = (name: string, token: string | null): Actor => ({ name, token })
  return {
    ownAdmin: actor('A’s ADMIN', a.tokens.ADMIN),
    ownViewer: actor('A’s VIEWER', a.tokens.VIEWER),
    root: actor('the installation’s administrator', rootToken),
    admin: actor('B’s ADMIN', b.tokens.ADMIN),
    viewer: actor('B’s VIEWER', b.tokens.VIEWER),
    changer: actor('C’s ADMIN', c.tokens.ADMIN),
    changersViewer: actor('C’s VIEWER', c.tokens.VIEWER),
    caller: actor('C’s CALLER', c.tokens.CALLER),
    turnedAway: [
      actor('a revoked key of A’s', a.tokens.REVOKED),
      actor('an expired key of A’s', a.tokens.EXPIRED),
      actor('nobody', null),
    ],
  }
}
