import type { MatrixOperation } from './tenant-matrix-operations.ts'

/** Whoever asks: what they show, and what to expect of it. */
export interface Actor {
  readonly name: string
  /** Null for nobody. */
  readonly token: string | null
}

/** What was asked by whom, and the answer. */
export interface MatrixAnswer {
  readonly actor: Actor
  readonly operation: MatrixOperation
  readonly status: number
  readonly text: string
}

export const authorization = ({ token }: Actor): Readonly<Record<string, string>> =>
  token === null ? {} : { authorization: `Bearer ${token}` }

/** What identifies a case in a message. */
export const nameOf = ({ actor, operation }: Pick<MatrixAnswer, 'actor' | 'operation'>): string =>
  `${actor.name}: ${operation.field} with ${operation.label}`

/** Runs something for each of many, some at a time; results in the order of the items. */
export async function forEachOf<Item, Result>(
  items: readonly Item[],
  run: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = []
  const entries = items.entries()
  const lane = async () => {
    for (const [index, item] of entries) results[index] = await run(item)
  }
  await Promise.all(Array.from({ length: 8 }, lane))
  return results
}

/** Asks GraphQL over HTTP. */
export async function ask(
  origin: string,
  {
    accept = 'application/json',
    ...asked
  }: Pick<MatrixAnswer, 'actor' | 'operation'> & { accept?: string },
): Promise<MatrixAnswer> {
  const { query, variables } = asked.operation
  const response = await fetch(`${origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept, ...authorization(asked.actor) },
    body: JSON.stringify({ query, variables }),
  })
  return { ...asked, status: response.status, text: await response.text() }
}

/** Every actor asks for everything. */
export const askAll = (
  origin: string,
  {
    actors,
    operations,
    accept,
  }: { actors: readonly Actor[]; operations: readonly MatrixOperation[]; accept?: string },
): Promise<readonly MatrixAnswer[]> =>
  forEachOf(
    actors.flatMap((actor) => operations.map((operation) => ({ actor, operation }))),
    (asked) => ask(origin, { ...asked, ...(accept !== undefined && { accept }) }),
  )

interface Answered {
  readonly data?: Readonly<Record<string, unknown>> | null
  readonly errors?: readonly {
    readonly message: string
    readonly extensions?: { readonly code?: string }
  }[]
}

/** How a mutation ended: the type that it answered, or the code of a top-level error. */
export function outcomeOf({ operation, text }: MatrixAnswer): {
  readonly type: string
  readonly missingScopes: readonly string[]
} {
  const { data, errors } = JSON.parse(text) as Answered
  const result = data?.[operation.field] as
    | { readonly __typename: string; readonly missingScopes?: readonly string[] }
    | undefined
  return {
    type: result?.__typename ?? errors?.[0]?.extensions?.code ?? 'nothing',
    missingScopes: result?.missingScopes ?? [],
  }
}

/** Whether nobody was let in. */
export function isTurnedAway({ status, text }: Pick<MatrixAnswer, 'status' | 'text'>): boolean {
  return (status === 401 || status === 403) && /UNAUTHENTICATED|FORBIDDEN/.test(text)
}
