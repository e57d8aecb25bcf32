import { request } from 'undici'

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
