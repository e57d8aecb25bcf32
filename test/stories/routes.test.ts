import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type OpenAiDouble,
  openAiDouble,
  streamAnswer,
  writeDocument,
} from '../support/openai-double.ts'
import { createDatabase, type TestDatabase } from '../support/postgres.ts'
import {
  type RunningServer,
  type ServerFolder,
  serverFolder,
  startServer,
} from '../support/server.ts'
import { createKey, type Key, rootToken } from './access-house.ts'

const one = '/one/v1/chat/completions'
const two = '/v1/chat/completions'

let database: TestDatabase
let double: OpenAiDouble
let folder: ServerFolder
let server: RunningServer
let key: Key

beforeAll(async () => {
  ;[database, double] = await Promise.all([createDatabase(), openAiDouble()])
  double.script = ({ path }, response) =>
    path === one || path.startsWith('/broken')
      ? writeDocument(response, { error: { message: 'Broken.' } }, { status: 503 })
      : 'default'
  folder = serverFolder()
  configure('one:m')
  const secrets = { ROUTER_AUTH_TOKEN: rootToken, KEY: 'sk' }
  server = await startServer({ ...folder.env, ...secrets, DATABASE_URL: database.url })
  key = await createKey(server.origin, { role: 'CALLER', allowedModels: ['two:*'] })
}, 60_000)

afterAll(async () => {
  await server?.stop()
  await double?.close()
  await database?.drop()
  folder?.remove()
})

/** @param first What `smart` asks first. */
function configure(first: string): void {
  const provider = (path: string) =>
    `{ type: openai_compat, base_url: '${double.origin}${path}', api_key_env: KEY }`
  const text = `version: 1
providers:
  one: ${provider('/one/v1')}
  two: ${provider('/v1')}
  broken: ${provider('/broken/v1')}
defaults: { retries: { max: 0 } }
aliases: { usual: smart, plain: 'two:m' }
routes:
  smart:
    targets: ['${first}', 'two:n']
    rules:
      - when: { tags: [batch] }
        targets: ['broken:m', 'two:cheap']
`
  writeFileSync(`${folder.path}/providers.yaml`, text)
}

async function reload(): Promise<number> {
  const headers = { authorization: `Bearer ${rootToken}` }
  return (await fetch(`${server.origin}/admin/reload`, { method: 'POST', headers })).status
}

const post = (model: string, { token = rootToken, tags = '', stream = false } = {}) =>
  fetch(`${server.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'x-orchestrator-tags': tags },
    body: JSON.stringify({ model, stream, messages: [{ role: 'user', content: 'hi' }] }),
  })

/** Which address and model the providers saw, of the calls that this one made. */
async function seen(model: string, how: Parameters<typeof post>[1] = {}): Promise<unknown> {
  const before = double.calls.length
  const response = await post(model, how)
  await response.text()
  const calls = double.calls.slice(before).filter(({ path }) => !path.endsWith('/models'))
  return [response.status, ...calls.map(({ path, body }) => `${path} ${String(body['model'])}`)]
}

describe('a name of the configuration', () => {
  it('is served by what it stands for', async () => {
    expect(await seen('plain')).toEqual([200, `${two} m`])
    expect(await seen('usual')).toEqual([200, `${one} m`, `${two} n`])
  })

  it('goes where the first rule says whose condition holds', async () => {
    const broken = '/broken/v1/chat/completions'
    expect(await seen('smart', { tags: 'batch' })).toEqual([200, `${broken} m`, `${two} cheap`])
  })

  it('opens nothing that a key may not use', async () => {
    expect(await seen('smart', { token: key.secret })).toEqual([200, `${two} n`])
  })

  it('is a model that can be listed, by whoever may use something of it', async () => {
    const list = async (token: string) => {
      const headers = { authorization: `Bearer ${token}` }
      const response = await fetch(`${server.origin}/v1/models`, { headers })
      const { data } = (await response.json()) as {
        data: readonly { id: string; owned_by: string }[]
      }
      return data.filter(({ owned_by: owner }) => owner === 'orchestrator').map(({ id }) => id)
    }
    expect(await list(rootToken)).toEqual(['smart', 'usual', 'plain'])
    expect(await list(key.secret)).toEqual(['smart', 'usual', 'plain'])
    const other = await createKey(server.origin, { role: 'CALLER', allowedModels: ['one:*'] })
    expect(await list(other.secret)).toEqual(['smart', 'usual'])
  })
})

describe('a reload', () => {
  it('routes the next call anew, and leaves the running one where it is', async () => {
    const goOn = Promise.withResolvers<void>()
    double.script = (call, response) => {
      if (call.path !== one) return 'default'
      const tokens = ['from', ' one']
      const before = (index: number) => (index === 0 ? Promise.resolve() : goOn.promise)
      return void streamAnswer(call, { response, bill: double.bill, tokens, before })
    }
    const running = await post('smart', { stream: true })
    configure('two:new')
    expect(await reload()).toBe(200)
    expect(await seen('smart')).toEqual([200, `${two} new`])
    goOn.resolve()
    const text = await running.text()
    expect(text).toContain('" one"')
    expect(text).toContain('[DONE]')
  })

  it('of a file that contradicts itself changes nothing', async () => {
    configure('nobody:m')
    expect(await reload()).toBeGreaterThanOrEqual(400)
    expect(await seen('smart')).toEqual([200, `${two} new`])
  })
})
