import { request } from 'undici'
import type { Allowance } from '#domain/allowance.ts'
import { sql } from '../support/store.ts'

/** A request as the gateway recorded it, in ticks. */
export interface Entry {
  readonly id: string
  readonly status: string
  readonly estimated: boolean
  readonly ticks: bigint | null
  readonly attempts: number
}

const query = `query ($after: String) {
  requests(filter: { time: { relative: { from: "now-6h" } } }, first: 100, after: $after) {
    pageInfo { hasNextPage endCursor }
    edges { node { endUser status usage { source } cost { total source } attempts { index } } }
  }
}`

interface Page {
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string }
  readonly edges: readonly {
    readonly node: {
      readonly endUser: string
      readonly status: string
      readonly usage: { readonly source: string } | null
      readonly cost: { readonly total: string | null; readonly source: string } | null
      readonly attempts: readonly unknown[]
    }
  }[]
}

/** Reads every request of the last hours through the public door. */
export async function readBooks(origin: string): Promise<Entry[]> {
  const entries: Entry[] = []
  for (let after: string | null = null; ;) {
    const page: Page = (await ask<{ requests: Page }>(origin, { query, variables: { after } }))
      .requests
    for (const { node } of page.edges) {
      entries.push({
        id: node.endUser,
        status: node.status,
        estimated: node.usage?.source === 'ESTIMATED',
        ticks: node.cost?.total == null ? null : ticksOf(node.cost.total),
        attempts: node.attempts.length,
      })
    }
    if (!page.pageInfo.hasNextPage) return entries
    after = page.pageInfo.endCursor
  }
}

/** The sum that the roll-ups show for the same hours, in ticks. */
export async function readTotal(origin: string): Promise<bigint> {
  const usage = `query { usage(query: { filter: { time: { relative: { from: "now-6h" } } }, metrics: [COST], bucket: NONE }) {
    totals { metric exact } } }`
  const answer = await ask<{ usage: { totals: { exact: string }[] } }>(origin, { query: usage })
  return ticksOf(answer.usage.totals[0]?.exact ?? '0')
}

/** What was set aside for a call in a budget, in ticks, and whether it was given up as lost. */
export interface Held {
  readonly ticks: bigint
  readonly lost: boolean
}

/** Reads what was set aside for each call, by its id. */
export async function readHolds(
  databaseUrl: string,
  { id }: Allowance,
): Promise<ReadonlyMap<string, Held>> {
  const rows = await sql<{ call: string; held: string; lost: boolean }>(
    databaseUrl,
    `select r.end_user as call, u.held::text, r.lost from attempt a
     join request r on r.tenant_id = a.tenant_id and r.id = a.request_id
     cross join lateral unnest(a.window_ids, a.held) as u(id, held)
     join allowance_window w on w.id = u.id where w.allowance_id = $1`,
    [id],
  )
  return new Map(rows.map(({ call, held, lost }) => [call, { ticks: BigInt(held), lost }]))
}

async function ask<Data>(origin: string, body: unknown): Promise<Data> {
  const answer = await request(`${origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(body),
  })
  const { data, errors } = (await answer.body.json()) as { data: Data; errors?: unknown }
  if (errors) throw new Error(JSON.stringify(errors))
  return data
}

function ticksOf(usd: string): bigint {
  const [whole = '0', fraction = ''] = usd.split('.')
  return BigInt(whole + fraction.padEnd(10, '0'))
}
