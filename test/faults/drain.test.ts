import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, it, onTestFinished, vi } from 'vitest'
import { breachesOf } from '../support/allowances.ts'
import { startPatientProvider } from '../support/patient-provider.ts'
import { createDatabase } from '../support/postgres.ts'
import { serverFolder, startServer } from '../support/server.ts'
import { sql } from '../support/store.ts'
import { graphqlSocket, graphqlSse, restStream, restWhole } from '../support/stream-callers.ts'

const count = 200
/** Four sockets in ten calls: a key has fifty at most. */
const surfaces = [restStream, restStream, graphqlSse, restWhole, graphqlSocket]

async function startProduct() {
  const provider = await startPatientProvider()
  const database = await createDatabase()
  const folder = serverFolder()
  const server = await startServer({
    ...folder.env,
    DATABASE_URL: database.url,
    OPENAI_API_KEY: 'test',
    OPENAI_BASE_URL: provider.baseUrl,
  })
  onTestFinished(async () => {
    await server.stop('SIGKILL')
    await provider.close()
    await database.drop()
    folder.remove()
  })
  return { provider, database, server }
}

/** A connection on which a streamed call runs, and other requests can be sent behind it. */
async function beginStream(origin: string, id: string) {
  const socket = connect(Number(new URL(origin).port), '127.0.0.1')
  const closed = once(socket, 'close')
  let answers = ''
  socket.on('data', (part: Buffer) => (answers += part.toString()))
  const body = JSON.stringify({
    model: 'openai:gpt-4.1-mini',
    messages: [{ role: 'user', content: id }],
    stream: true,
  })
  const post = `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  socket.write(post)
  return {
    askReady: () => socket.write('GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n'),
    /** Resolves when the server has closed the connection. */
    answers: closed.then(() => answers),
  }
}

it(
  '200 streams in flight end whole after SIGTERM, while nothing new begins',
  { timeout: 60_000 },
  async () => {
    const { provider, database, server } = await startProduct()
    const callers = Array.from({ length: count }, (_, index) =>
      surfaces[index % surfaces.length]!(server.origin, `call ${index}`),
    )
    await Promise.all(callers.map((_, index) => provider.arrived(`call ${index}`)))
    await Promise.all(callers.map(({ begun }) => begun))
    const { answers, askReady } = await beginStream(server.origin, 'last')
    await provider.arrived('last')
    const stopped = server.stop('SIGTERM')
    await vi.waitFor(() => expect(fetch(`${server.origin}/livez`)).rejects.toThrow('fetch failed'))
    askReady()
    provider.release()
    const texts = await Promise.all(callers.map(({ text }) => text))
    expect(texts.filter((text) => text !== provider.text)).toEqual([])
    expect(await answers).toMatch(/^HTTP\/1.1 200 [^]*\[DONE\][^]*HTTP\/1.1 503 [^]*"shutdown"/)
    expect(await stopped).toBe(0)
    const statuses = await sql(
      database.url,
      'select status, count(*)::int as count from request group by status',
    )
    expect(statuses).toEqual([{ status: 'SUCCEEDED', count: count + 1 }])
    expect(await breachesOf(database.url)).toEqual([])
  },
)
