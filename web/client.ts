import {
  type AnyVariables,
  cacheExchange,
  Client,
  fetchExchange,
  type TypedDocumentNode,
} from '@urql/core'
import { type Failure, failureOf } from './failure.ts'
import { session } from './session.svelte.ts'

/** Queries and mutations over HTTP. Answers are kept by document, so that going back shows the page at once. */
export const client = new Client({
  url: '/graphql',
  exchanges: [cacheExchange, fetchExchange],
  requestPolicy: 'cache-and-network',
  preferGetMethod: false,
  // Not a simple request: a page of another origin cannot send it, which is all that CSRF prevention asks for.
  fetchOptions: { headers: { 'x-graphql-yoga-csrf': '1' } },
})

export type Outcome<Data> =
  | { readonly ok: true; readonly data: Data }
  | { readonly ok: false; readonly failure: Failure }

/** Runs a mutation. Refusals that the schema knows are data; anything else is a failure. */
export async function mutate<Data, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Promise<Outcome<Data>> {
  const { data, error } = await client.mutation(document, variables).toPromise()
  if (data) return { ok: true, data }
  const failure = error
    ? failureOf(error)
    : { message: 'The server sent an empty answer.', requestId: null, unauthorized: false }
  if (failure.unauthorized) session.refuse()
  return { ok: false, failure }
}
