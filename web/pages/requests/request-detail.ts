import type { RequestDetailQuery } from '#web/graphql/documents.ts'

/** One request with all that the drawer shows. */
export type RequestDetail = Extract<RequestDetailQuery['node'], { __typename: 'Request' }>
