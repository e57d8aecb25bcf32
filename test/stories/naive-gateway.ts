import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import pg from 'pg'
import { request } from 'undici'
import type { Allowance } from '#domain/allowance.ts'

/** gpt-4.1-mini's rates, in ticks per token. */
const ticks = { input: 4000n, output: 16_000n }

/**
 * What many gateways do: they look at what is spent, compare, call, and add the cost when it is known. Here so that the
 * harness of the budgets is known to see what is wrong with it.
 */
export async function startNaiveGateway({
  databaseUrl,
  budget,
  providerUrl,
}: {
  databaseUrl: string
  budget: Allowance
  providerUrl: string
}): Promise<{ origin: string; close(): Promise<void> }> {
  const connections = new pg.Pool({ connectionString: databaseUrl, max: 8 })
  const text = 'select spent::text from allowance_window where allowance_id = $1'

  const complete = async (call: IncomingMessage, response: ServerResponse) => {
    const parts: Buffer[] = []
    for await (const part of call) parts.push(part as Buffer)
    const { rows } = await connections.query<{ spent: string }>(text, [budget.id])
    if (BigInt(rows[0]?.spent ?? 0) >= budget.limit) {
      const error = { code: 'insufficient_quota', type: 'insufficient_quota', message: 'spent' }
      response.writeHead(402, { 'content-type': 'application/json', 'x-should-retry': 'false' })
      response.end(JSON.stringify({ error }))
      return
    }
    const answer = await request(`${providerUrl}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: Buffer.concat(parts),
    })
    const body = await answer.body.text()
    const { usage } = JSON.parse(body)
    const cost =
      BigInt(usage.prompt_tokens) * ticks.input + BigInt(usage.completion_tokens) * ticks.output
    await connections.query(
      'update allowance_window set spent = spent + $2 where allowance_id = $1',
      [budget.id, String(cost)],
    )
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(body)
  }

  const server = createServer((call, response) => {
    complete(call, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
      await connections.end()
    },
  }
}
