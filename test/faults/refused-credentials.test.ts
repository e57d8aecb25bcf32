import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ask } from './caller.ts'
import type { Behaviour } from './double-exchange.ts'
import { type FaultHouse, openHouse } from './fault-house.ts'
import { type ProviderDouble, startDouble } from './provider-double.ts'
import { outOfQuota, refuses } from './refusals.ts'

const refusals: Readonly<Record<string, Behaviour>> = {
  unknown: refuses(401, { code: 'invalid_api_key', message: 'Incorrect API key provided' }),
  forbidden: refuses(403, { message: 'Country not supported' }),
  unpaid: refuses(402, { message: 'Insufficient credits' }),
  exhausted: outOfQuota,
}
const names = Object.keys(refusals)

const standing = `query ($name: String!) {
  provider(name: $name) { credential circuit { state } }
  alerts(openOnly: true, first: 50) { edges { node { kind subject message } } } }`

interface Standing {
  readonly data: {
    readonly provider: { readonly credential: string; readonly circuit: { readonly state: string } }
    readonly alerts: {
      readonly edges: readonly {
        readonly node: { readonly kind: string; readonly subject: string }
      }[]
    }
  }
}

describe('a provider that refuses our credential', () => {
  let double: ProviderDouble
  let sound: ProviderDouble
  let house: FaultHouse

  beforeAll(async () => {
    double = await startDouble()
    sound = await startDouble()
    house = await openHouse({
      providers: {
        ...Object.fromEntries(names.map((name) => [name, { double, api_key_env: 'SOME_KEY' }])),
        sound: { double: sound },
      },
      models: names,
      routes: Object.fromEntries(
        names.map((name) => [name, { targets: [`${name}:${name}`, `sound:${name}`] }]),
      ),
      env: { SOME_KEY: 'sk-upstream-canary' },
    })
  })
  afterAll(async () => {
    await house?.close()
    await double?.close()
    await sound?.close()
  })

  it.each(names)(
    'is asked once in a call, marked and alerted, and another one answers (%s)',
    async (name) => {
      double.play(name, refusals[name]!)
      const heard = await ask(house.origin, { model: name, stream: true })
      expect(heard).toMatchObject({ status: 200, isWhole: true })
      expect(double.billOf(name)).toHaveLength(1)
      expect(double.billOf(name)[0]?.headers['authorization']).toBe('Bearer sk-upstream-canary')
      await vi.waitFor(async () => {
        const answer = await request(`${house.origin}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ query: standing, variables: { name } }),
        })
        const { data } = (await answer.body.json()) as Standing
        expect(data.provider).toEqual({ credential: 'REJECTED', circuit: { state: 'CLOSED' } })
        expect(data.alerts.edges.map(({ node }) => [node.kind, node.subject])).toContainEqual([
          'CREDENTIAL_REJECTED',
          name,
        ])
      }, 20_000)
    },
  )
})
