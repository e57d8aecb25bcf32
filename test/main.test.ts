import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createDatabase, type TestDatabase } from '#test/support/postgres.ts'
import {
  type RunningServer,
  type ServerFolder,
  serverFolder,
  startServer,
} from '#test/support/server.ts'

let database: TestDatabase
const leftovers: (() => unknown)[] = []
beforeAll(async () => {
  database = await createDatabase()
})
afterAll(() => database.drop())
afterEach(async () => {
  for (const clean of leftovers.splice(0).toReversed()) await clean()
})

function emptyFolder(): ServerFolder {
  const folder = serverFolder()
  leftovers.push(() => folder.remove())
  return folder
}

async function started(env: Readonly<Record<string, string>>): Promise<RunningServer> {
  const server = await startServer(env)
  leftovers.push(() => server.stop('SIGKILL'))
  return server
}

const onTestDatabase = ({ env }: ServerFolder) => ({ ...env, DATABASE_URL: database.url })

describe('a server on the embedded Postgres', { timeout: 60_000 }, () => {
  it('answers the call that it suggests, and stops Postgres after itself', async () => {
    const { env, path } = emptyFolder()
    const server = await started(env)
    const suggested = await vi.waitUntil(() =>
      /Try\s+curl -s (\S+).* -d '(.+)'/.exec(server.output()),
    )
    const response = await fetch(suggested[1] ?? '', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: suggested[2] ?? '',
    })
    expect(await response.json()).toMatchObject({ object: 'chat.completion' })
    const postmaster = Number(
      readFileSync(join(path, 'data/postgres/postmaster.pid'), 'utf8').split('\n')[0],
    )
    expect(process.kill(postmaster, 0)).toBe(true)
    expect(await server.stop('SIGTERM')).toBe(0)
    expect(() => process.kill(postmaster, 0)).toThrow('ESRCH')
    expect(existsSync(join(path, 'data/postgres/postmaster.pid'))).toBe(false)
  })
})

describe('a server that stops', { timeout: 60_000 }, () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'lets a running answer end after %s, and takes no new call',
    async (signal) => {
      const server = await started(onTestDatabase(emptyFolder()))
      const response = await fetch(`${server.origin}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          model: 'simulator:fast',
          messages: [{ role: 'user', content: 'Hello' }],
          stream: true,
        }),
      })
      // npm passes on what the terminal has sent already.
      process.kill(server.pid, signal)
      const code = server.stop(signal)
      expect((await response.text()).trimEnd().endsWith('data: [DONE]')).toBe(true)
      expect(await code).toBe(0)
      await expect(fetch(`${server.origin}/livez`)).rejects.toThrow('fetch failed')
    },
  )
})

describe('a start that is refused', { timeout: 60_000 }, () => {
  const refused = (env: Readonly<Record<string, string>>) =>
    startServer(env).then(
      () => 'it started',
      (error: Error) => error.message,
    )

  it('names every wrong setting and ends with 2', async () => {
    const { env } = emptyFolder()
    const message = await refused({ ...env, PORT: 'http', LOG_LEVEL: 'loud' })
    expect(message).toMatch(/ended with 2:\nPORT: expected .*\nLOG_LEVEL: expected /)
  })

  it('says that the port is in use and ends with 1', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    leftovers.push(() => other.close())
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const message = await refused({ ...onTestDatabase(emptyFolder()), PORT: String(port) })
    expect(message).toMatch(new RegExp(`ended with 1:[^]*Port ${port} on 127.0.0.1 is in use`))
  })

  it('leaves the instance alone that has the data folder', async () => {
    const folder = emptyFolder()
    const first = await started(onTestDatabase(folder))
    const message = await refused(onTestDatabase(folder))
    expect(message).toMatch(
      new RegExp(`ended with 1:\nThe data folder .* is in use .*process ${first.pid}`),
    )
    expect((await fetch(`${first.origin}/livez`)).status).toBe(200)
  })

  it('says which database cannot be used, without its password', async () => {
    const url = new URL(database.url)
    url.password = 'not-the-password'
    const message = await refused({ ...emptyFolder().env, DATABASE_URL: url.href })
    expect(message).toContain(`The Postgres at ${url.host} cannot be used`)
    expect(message).not.toContain('not-the-password')
  })
})
