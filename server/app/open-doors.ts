import { resolve } from 'node:path'
import { createGraphql, type Graphql } from '#graphql/create-graphql.ts'
import { readBody } from '#http/body.ts'
import { createClientIp } from '#http/client-ip.ts'
import { createHostCheck } from '#http/host-check.ts'
import { createHttpServer, type HttpServer } from '#http/listener.ts'
import { isForeignPage, isOwnPage } from '#http/origin-check.ts'
import type { Route } from '#http/route-table.ts'
import { staticSite } from '#http/static-site.ts'
import { cameByHttps, createProxyCheck } from '#http/trusted-proxies.ts'
import { sessionRoute } from '#rest/session.ts'
import { createRequestLog } from '#telemetry/request-log.ts'
import type { Env } from '#server/env.ts'
import { graphqlServices } from './graphql-services.ts'
import type { House } from './house.ts'
import { restDoors } from './rest-doors.ts'

export interface Doors {
  readonly http: HttpServer
  /** Every path that is answered. */
  readonly routes: readonly Route[]
  /** Whether nobody needs a token. */
  readonly open: boolean
  /** Takes no new calls and lets the running ones end, for `graceMs` at most. */
  drain(graceMs: number): Promise<void>
  close(): Promise<void>
}

const dashboardFolder = resolve(import.meta.dirname, '../../web/dist')

/** Opens the doors: GraphQL over HTTP and WebSocket, REST, and the dashboard, all on one listener. */
export function openDoors(env: Env, house: House): Doors {
  const { auth, onCut, sessions } = house.access
  const isProxy = createProxyCheck(env.ORCHESTRATOR_TRUSTED_PROXIES)
  const hasSession = (cookie: string | undefined) => sessions.read(cookie) !== undefined
  const isOurHost = createHostCheck(env.HOST, env.ORCHESTRATOR_ALLOWED_HOSTS)
  const { statistics } = house.live
  const requestLog = createRequestLog(house.log)
  const graphql = createGraphql({
    log: house.log,
    readBody,
    maxBodyBytes: env.MAX_REQUEST_BODY_BYTES,
    authenticate: auth.authenticate,
    bringsSession: ({ headers }) => hasSession(headers.cookie) && isOwnPage(headers),
    isForeignPage: ({ headers, socket }) =>
      isForeignPage(headers, (host) => isOurHost(host, socket.localAddress) === 'ALLOWED'),
    services: graphqlServices(house),
  })
  onCut(graphql.revoke)
  const routes = [
    ...pageRoutes(graphql),
    sessionRoute({
      signIn: auth.signIn,
      lifetimeS: sessions.lifetimeS,
      isHttps: (request) => cameByHttps(request, isProxy),
    }),
    ...restDoors(env, { ...house, authEnabled: !auth.open, isDraining: () => http.draining }),
  ]
  const http: HttpServer = createHttpServer({
    ...auth,
    hasSession,
    isOurHost,
    clientIpOf: createClientIp(env.ORCHESTRATOR_TRUSTED_PROXIES),
    observer: {
      received: (_request, response) => requestLog.received(response),
      crashed: requestLog.crashed,
      answered(answer) {
        statistics.answered(answer)
        requestLog.answered(answer)
      },
    },
    upgrades: new Map([['/graphql', graphql.upgrade]]),
    routes,
  })
  return {
    http,
    routes,
    open: auth.open,
    async drain(graceMs) {
      const late = new Promise<void>((over) => setTimeout(over, graceMs).unref())
      await Promise.all([http.drain(graceMs), Promise.race([graphql.drain(), late])])
    },
    close: () => graphql.dispose(),
  }
}

function pageRoutes({ handle, refusal }: Graphql): readonly Route[] {
  const dashboard = staticSite(dashboardFolder, '/dashboard')
  return [
    { path: '/graphql', access: 'open', methods: { GET: handle, POST: handle }, refusal },
    { path: '/dashboard', access: 'open', methods: { GET: dashboard } },
    { path: '/dashboard/*', access: 'open', methods: { GET: dashboard } },
  ]
}
