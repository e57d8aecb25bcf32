import { sql } from '#test/support/store.ts'

/** A call as the gateway wrote it down. */
export interface CallRow {
  readonly user: string
  readonly status: string
  readonly errorCode: string | null
  readonly attempts: readonly AttemptRow[]
}

export interface AttemptRow {
  readonly providerName: string
  readonly model: string
  readonly status: string
  readonly errorCode: string | null
  /** Whether its usage is the gateway's own count. */
  readonly flagged: boolean
  /** In ticks; null where there was nothing to pay. */
  readonly cost: bigint | null
  /** The most that it could have cost, in ticks. */
  readonly hold: bigint | null
}

interface Row {
  readonly end_user: string
  readonly status: string
  readonly error_code: string | null
  readonly attempts: readonly {
    readonly provider: string
    readonly model: string
    readonly status: string
    readonly error: string | null
    readonly source: string | null
    readonly cost: string | null
    readonly hold: string | null
  }[]
}

/** All calls that have an end user, by it. */
export async function readCalls(databaseUrl: string): Promise<ReadonlyMap<string, CallRow>> {
  const rows = await sql<Row>(
    databaseUrl,
    `select r.end_user, r.status, r.error_code, coalesce(json_agg(json_build_object('provider', a.provider_name,
       'model', a.model, 'status', a.status, 'error', a.error_code, 'source', a.usage_source,
       'cost', a.cost_total::text, 'hold', a.hold_cost::text) order by a.index) filter (where a.index is not null),
       '[]') as attempts
     from request r left join attempt a on a.tenant_id = r.tenant_id and a.request_id = r.id
     where r.end_user is not null group by r.tenant_id, r.id, r.end_user, r.status, r.error_code`,
  )
  return new Map(
    rows.map(({ end_user: user, status, error_code: errorCode, attempts }) => [
      user,
      { user, status, errorCode, attempts: attempts.map(attemptRow) },
    ]),
  )
}

function attemptRow(row: Row['attempts'][number]): AttemptRow {
  return {
    providerName: row.provider,
    model: row.model,
    status: row.status,
    errorCode: row.error,
    flagged: row.source === 'ESTIMATED',
    cost: row.cost === null ? null : BigInt(row.cost),
    hold: row.hold === null ? null : BigInt(row.hold),
  }
}
