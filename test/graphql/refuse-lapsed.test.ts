import { describe, expect, it, onTestFinished } from 'vitest'
import type { Tenant } from '#generated/prisma/client.ts'
import { defaultTenantId } from '#domain/access.ts'
import { noAccessSource } from '../support/access-source.ts'
import { type GraphqlServerOptions, post, startGraphqlServer } from '../support/graphql-server.ts'
import { RawSocket } from '../support/graphql-socket.ts'

const create = (name: string) =>
  `${name}: createTenant(input: {slug: "${name}", name: "${name}"}) { __typename }`

const tenant: Tenant = {
  id: defaultTenantId,
  slug: 'one',
  name: 'One',
  reportingTimeZone: 'UTC',
  storePayloads: false,
  retentionDays: 90,
  createdAt: new Date(0),
}

/** A server whose viewers lose their rights when told; `made` has the tenants that were created. */
async function start(options: GraphqlServerOptions = {}) {
  const rights = { held: true }
  const made: string[] = []
  const server = await startGraphqlServer({
    ...options,
    services: {
      rights: { upholds: () => rights.held },
      access: {
        ...noAccessSource,
        tenants: {
          ...noAccessSource.tenants,
          async create({ slug }) {
            made.push(slug)
            rights.held = false
            return tenant
          },
        },
      },
    },
  })
  onTestFinished(() => server.close())
  return { ...server, rights, made }
}

describe('whoever has lost a right since they were let in', () => {
  it('makes no change after the one that was under way', async () => {
    const { made, url } = await start()
    const { json } = await post(url, { query: `mutation { ${create('one')} ${create('two')} }` })
    expect(json.data).toMatchObject({
      one: { __typename: 'TenantSuccess' },
      two: { __typename: 'ForbiddenError' },
    })
    expect(made).toEqual(['one'])
  })

  it.each([
    ['application/json', JSON.stringify({ query: `mutation { ${create('one')} }` })],
    ['application/graphql', `mutation { ${create('one')} }`],
    [
      'application/x-www-form-urlencoded',
      `query=${encodeURIComponent(`mutation { ${create('one')} }`)}`,
    ],
  ])('is refused after a body of %s that came late', async (type, body) => {
    const { made, rights, url } = await start()
    rights.held = false
    const headers = { 'content-type': type, 'x-graphql-yoga-csrf': '1' }
    const { json } = await post(url, body, headers)
    expect(json.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
    expect(made).toEqual([])
  })

  it('is refused a subscription whose text came late', async () => {
    const { rights, url } = await start()
    rights.held = false
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/graphql',
        'x-graphql-yoga-csrf': '1',
        accept: 'text/event-stream',
      },
      body: 'subscription { liveMetrics { inFlight } }',
    })
    expect(await response.text()).toContain('"FORBIDDEN"')
  })

  it('is refused over a socket that is still open', async () => {
    const { rights, socketUrl } = await start()
    const socket = new RawSocket(socketUrl)
    await socket.until(({ type }) => type === 'connection_ack')
    rights.held = false
    socket.subscribe('1', '{ viewer { displayName } }')
    const refused = await socket.until(({ type }) => type === 'error')
    expect(refused.payload).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
    socket.socket.close()
  })

  it('gets nothing done by a socket that was told to close and goes on sending', async () => {
    const { graphql, made, socketUrl } = await start()
    const socket = new RawSocket(socketUrl)
    await socket.until(({ type }) => type === 'connection_ack')
    socket.socket.pause()
    graphql.revoke(() => true)
    socket.subscribe('1', `mutation { ${create('one')} }`)
    socket.socket.resume()
    expect((await socket.closed).code).toBe(4403)
    expect(made).toEqual([])
  })
})
