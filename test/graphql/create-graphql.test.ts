import { serverAudits } from 'graphql-http'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type GraphqlServer, startGraphqlServer } from '../support/graphql-server.ts'

let server: GraphqlServer
beforeAll(async () => {
  server = await startGraphqlServer()
})
afterAll(() => server.close())

const audits = serverAudits({ url: () => server.url, fetchFn: fetch })

it('covers all of the protocol’s audits', () => {
  expect(audits).toHaveLength(60)
})

it.each(audits.map((audit) => ({ name: `${audit.id} ${audit.name}`, audit })))(
  '$name',
  async ({ audit }) => {
    const result = await audit.fn()
    expect(result, result.status === 'ok' ? '' : result.reason).toMatchObject({ status: 'ok' })
  },
)
