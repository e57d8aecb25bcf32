import type { Route } from '#http/route-table.ts'
import { type Actor, authorization, forEachOf } from './tenant-matrix-run.ts'
import { mark, type MatrixTenant } from './tenant-matrix-tenants.ts'

/** One request to one route. */
export interface RestCase {
  readonly route: Route
  readonly method: string
  readonly path: string
  /** Sent as JSON; undefined for none. */
  readonly body?: object
  readonly headers?: Readonly<Record<string, string>>
}

export interface RestAnswer extends RestCase {
  readonly actor: Actor
  readonly status: number
  readonly text: string
}

interface OfA {
  readonly tenant: MatrixTenant
  readonly requestId: string
  readonly idempotencyKey: string
  /** One that was revoked. */
  readonly token: string
}

/**
 * What is asked of each route that the product has, with what is A's wherever it fits.
 *
 * @throws {Error} For a route that nobody has said how to use: say it here.
 */
export function restCases(routes: readonly Route[], ofA: OfA): readonly RestCase[] {
  return routes.flatMap((route) =>
    Object.keys(route.methods).flatMap((method) => {
      const asked = method === 'POST' ? posted(route.path, ofA) : read(route.path, ofA)
      return asked.map((each) => ({ route, method, ...each }))
    }),
  )
}

type Asked = Omit<RestCase, 'route' | 'method'>

function read(path: string, { requestId, tenant }: OfA): readonly Asked[] {
  if (!path.endsWith('/*'))
    return [{ path }, { path: `${path}?tenant=${tenant.tenantId}&id=${requestId}` }]
  const under = path.slice(0, -1)
  return [`openai:${mark}-model`, tenant.tenantId, requestId].map((name) => ({
    path: under + name,
  }))
}

function posted(path: string, { idempotencyKey, requestId, tenant, token }: OfA): readonly Asked[] {
  const attributed = { user: tenant.endUser, metadata: { tenant: tenant.tenantId } }
  const messages = [{ role: 'user', content: 'Hello' }]
  const bodies: Readonly<Record<string, readonly object[]>> = {
    '/graphql': [{ query: '{ viewer { displayName tenant { name } } }' }],
    '/auth/session': [{ key: token }],
    '/admin/reload': [{}],
    '/v1/chat/completions': [
      { model: 'simulator:echo', messages, ...attributed },
      { model: 'simulator:echo', messages, stream: true, ...attributed },
      { model: `openai:${mark}-model`, messages },
    ],
    '/v1/embeddings': [{ model: 'simulator:embedding', input: 'Hello', ...attributed }],
  }
  const found = bodies[path]
  if (!found) throw new Error(`say what is posted to ${path}`)
  return found.flatMap((body): readonly Asked[] => [
    { path, body, headers: { 'x-request-id': requestId } },
    { path, body, headers: { 'idempotency-key': idempotencyKey } },
  ])
}

/** Every actor asks every route. */
export const askRest = (
  origin: string,
  { actors, cases }: { actors: readonly Actor[]; cases: readonly RestCase[] },
): Promise<readonly RestAnswer[]> =>
  forEachOf(
    actors.flatMap((actor) => cases.map((each) => ({ actor, ...each }))),
    async (asked) => {
      const { actor, body, headers, method, path } = asked
      const response = await fetch(`${origin}${path}`, {
        method,
        redirect: 'manual',
        headers: { 'content-type': 'application/json', ...headers, ...authorization(actor) },
        ...(body && { body: JSON.stringify(body) }),
      })
      const sent = [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n')
      return { ...asked, status: response.status, text: `${await response.text()}\n${sent}` }
    },
  )

/** What identifies a case in a message. */
export const restName = ({ actor, method, path, status }: RestAnswer): string =>
  `${actor.name}: ${method} ${path} was ${status}`
