import type { AllowanceUnit } from '#domain/allowance.ts'
import { type LostAttempt, lostCall } from '#domain/lost-call.ts'
import type {
  ApiSurface,
  AttemptOpening,
  Priority,
  RequestOpening,
} from '#domain/request-record.ts'
import type { Connection } from './connection.ts'
import { endRow, type RecordRow } from './record-row.ts'
import { livingReplicas } from './replica-lease.ts'

interface OpenAttempt {
  readonly index: number
  /** Of one that has ended it is known that it cost nothing. */
  readonly status: string
  readonly provider_name: string
  readonly model: string
  readonly simulated: boolean
  readonly started_at: number
  readonly hold_input_tokens: number
  readonly hold_output_tokens: number
  readonly hold_cost: string | null
  readonly hold_price_version: string | null
  readonly window_ids: readonly string[] | null
  readonly held: readonly string[] | null
  readonly units: readonly AllowanceUnit[] | null
}

interface OpenCall {
  readonly tenant_id: string
  readonly id: string
  readonly created_at: number
  readonly surface: ApiSurface
  readonly requested_model: string
  readonly stream: boolean
  readonly priority: Priority
  readonly config_version: number
  readonly attempts: readonly OpenAttempt[]
}

const epochMs = (column: string) => `extract(epoch from ${column})::float8 * 1000`

const openCalls = `
select r.tenant_id, r.id, ${epochMs('r.created_at')} as created_at, r.surface, r.requested_model, r.stream, r.priority,
  r.config_version, (
    select json_agg(json_build_object('index', a.index, 'status', a.status, 'provider_name', a.provider_name, 'model', a.model,
      'simulated', a.simulated, 'started_at', ${epochMs('a.started_at')}, 'hold_input_tokens', a.hold_input_tokens,
      'hold_output_tokens', a.hold_output_tokens, 'hold_cost', a.hold_cost::text,
      'hold_price_version', a.hold_price_version, 'window_ids', a.window_ids::text[], 'held', a.held::text[],
      'units', (select array_agg(w.unit order by u.place) from unnest(a.window_ids) with ordinality as u(id, place)
        left join allowance_window w on w.id = u.id))
      order by a.index)
    from attempt a where a.tenant_id = r.tenant_id and a.request_id = r.id
  ) as attempts
from request r
where r.status = 'IN_PROGRESS' and r.replica_id <> $1 and r.replica_id not in (${livingReplicas})
limit 500`

/**
 * The crash rule: finishes what replicas that are dead had left open, each call charged its hold and flagged. Replicas
 * may do this side by side: a call is finished once.
 *
 * @param write Ends calls; throws when Postgres is away.
 * @returns How many calls were found.
 */
export async function finishLostCalls(
  connection: Connection,
  {
    replicaId,
    now,
    write,
  }: { replicaId: string; now: number; write: (rows: readonly RecordRow[]) => Promise<unknown> },
): Promise<number> {
  let found = 0
  for (;;) {
    const calls = await connection.query<OpenCall>({ text: openCalls, values: [replicaId] })
    if (calls.length === 0) return found
    await write(calls.map((call) => lostRow(call, { replicaId, now })))
    found += calls.length
  }
}

function lostRow(
  call: OpenCall,
  { replicaId, now }: { replicaId: string; now: number },
): RecordRow {
  const request: RequestOpening = {
    id: call.id,
    tenantId: call.tenant_id,
    projectId: null,
    apiKeyId: null,
    createdAt: call.created_at,
    surface: call.surface,
    requestedModel: call.requested_model,
    stream: call.stream,
    priority: call.priority,
    configVersion: call.config_version,
    clientIp: null,
    endUser: null,
    sessionId: null,
    tags: [],
    metadata: null,
    traceId: null,
  }
  return endRow(
    lostCall(request, (call.attempts ?? []).map(lostAttempt), { finishedAt: now }),
    replicaId,
    { lost: true },
  )
}

const lostAttempt = (attempt: OpenAttempt): LostAttempt => ({
  opening: opening(attempt),
  hasEnded: attempt.status !== 'IN_PROGRESS',
})

function opening(attempt: OpenAttempt): AttemptOpening {
  return {
    index: attempt.index,
    providerName: attempt.provider_name,
    model: attempt.model,
    simulated: attempt.simulated,
    startedAt: attempt.started_at,
    hold: {
      inputTokens: attempt.hold_input_tokens,
      outputTokens: attempt.hold_output_tokens,
      cost: attempt.hold_cost === null ? null : BigInt(attempt.hold_cost),
      priceVersion: attempt.hold_price_version,
    },
    ...(attempt.window_ids && {
      windows: attempt.window_ids.map((id, at) => ({
        id,
        unit: attempt.units?.[at] ?? 'CONCURRENT_REQUESTS',
        held: BigInt(attempt.held?.[at] ?? 0),
      })),
    }),
  }
}
