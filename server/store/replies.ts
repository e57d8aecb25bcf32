import { createHash } from 'node:crypto'
import { GatewayError } from '#domain/errors.ts'
import { requestIdentity } from '#domain/request-identity.ts'
import type { Clock, Replies, ReplyClaim, ReplyName } from '#gateway/ports.ts'
import { type Connection, openConnection, type Statement } from './connection.ts'
import { databaseFailure } from './database-error.ts'
import { livingReplicas } from './replica-lease.ts'
import { replyBytes, replyOf } from './reply-bytes.ts'
import { createReplyWatch } from './reply-watch.ts'
import type { StoreLog } from './store-log.ts'

export interface DurableReplies extends Replies {
  close(): Promise<void>
}

/** Where there is no API key. */
const nilId = '00000000-0000-0000-0000-000000000000'
/** How often a write is tried again while Postgres is away. */
const retryMs = 1000
/** What waits for Postgres at most; one more is forgotten, and its key then answers that the call was lost. */
const mostUnsaved = { count: 1000, bytes: 64 * 1024 * 1024 }
/** A claim that lost a race sees the winner's row at its next try. */
const claimTries = 5

const claimStatement = `
with me as (
  select id from (${livingReplicas}) as living where id = $6::uuid
), claimed as (
  insert into reply (tenant_id, scope, key, fingerprint, state, request_id, replica_id)
  select $1::uuid, $2::uuid, $3::text, $4::bytea, 'RUNNING', $5::uuid, me.id from me
  on conflict (tenant_id, scope, key) do update
    set fingerprint = excluded.fingerprint, state = 'RUNNING', request_id = excluded.request_id,
      replica_id = excluded.replica_id, answer = null, created_at = now(), expires_at = excluded.expires_at
    where reply.expires_at <= now()
  returning 1
)
select exists (select from me) as alive, exists (select from claimed) as claimed,
  r.fingerprint = $4::bytea as same, r.state, r.request_id, r.answer,
  r.replica_id <> $6::uuid and r.replica_id in (${livingReplicas}) as runs
from (select 1) as one
left join reply r on (r.tenant_id, r.scope, r.key) = ($1::uuid, $2::uuid, $3::text) and r.expires_at > now()`

const keepStatement = `
update reply set state = 'KEPT', answer = $5, expires_at = now() + interval '24 hours'
where (tenant_id, scope, key, request_id) = ($1, $2, $3, $4)`

const freeStatement = `delete from reply where (tenant_id, scope, key, request_id) = ($1, $2, $3, $4)`

interface ClaimRow {
  /** Whether this replica has a lease. */
  readonly alive: boolean
  readonly claimed: boolean
  readonly same: boolean | null
  readonly state: 'RUNNING' | 'KEPT' | null
  readonly request_id: string
  readonly answer: Buffer | null
  /** Whether another replica that is alive runs it; what this one runs it does not ask for. */
  readonly runs: boolean
}

/** A write that Postgres did not take yet. */
interface Unsaved {
  readonly statement: Statement
  /** Undefined where the key was freed. */
  readonly answer: Buffer | undefined
}

/**
 * Keeps answers by idempotency key in Postgres, for a day. Its connections are opened when they are needed first.
 *
 * @param replicaId Of the lease that the records keep: a replica without one is not trusted to run anything once.
 */
export function createReplies({
  databaseUrl,
  replicaId,
  clock,
  log,
  timeoutMs = 4000,
  connections = 4,
}: {
  databaseUrl: string
  replicaId: string
  clock: Clock
  log: StoreLog
  timeoutMs?: number
  connections?: number
}): DurableReplies {
  const options = { timeoutMs, name: 'orchestrator replies' }
  const pool = Array.from({ length: connections }, () => openConnection(databaseUrl, options))
  let turn = 0
  const next = (): Connection => pool[turn++ % pool.length] as Connection
  const watch = createReplyWatch({ clock, query: (statement) => next().query(statement) })
  const unsaved = new Map<string, Unsaved>()
  let stopRetry: (() => void) | undefined
  let retrying: Promise<void> | undefined

  const writeUnsaved = async () => {
    for (const [identity, { statement }] of unsaved) {
      await next().query(statement)
      unsaved.delete(identity)
    }
    stopRetry?.()
    stopRetry = undefined
  }

  const retry = (): Promise<void> =>
    (retrying ??= writeUnsaved()
      .catch(() => {})
      .finally(() => (retrying = undefined)))

  const writeLater = (name: ReplyName, write: Unsaved) => {
    let bytes = 0
    for (const { answer } of unsaved.values()) bytes += answer?.length ?? 0
    if (unsaved.size >= mostUnsaved.count || bytes >= mostUnsaved.bytes) return
    unsaved.set(identityOf(name), write)
    stopRetry ??= clock.every(retryMs, () => void retry())
  }

  const write = async (name: ReplyName, { answer, statement }: Unsaved): Promise<void> => {
    try {
      await next().query(statement)
    } catch (error) {
      const fields = { err: error, requestId: name.requestId }
      log.warn(fields, 'the end of a call under an idempotency key is not stored yet')
      writeLater(name, { answer, statement })
    }
  }

  const freeing = (name: ReplyName): Unsaved => ({
    statement: {
      name: 'free-reply',
      text: freeStatement,
      values: [...keyOf(name), name.requestId],
    },
    answer: undefined,
  })

  const ask = async (name: ReplyName): Promise<ClaimRow | undefined> => {
    const values = [...keyOf(name), fingerprint(name), name.requestId, replicaId]
    const statement = { name: 'claim-reply', text: claimStatement, values }
    try {
      return (await next().query<ClaimRow>(statement))[0]
    } catch (error) {
      if (databaseFailure(error) === 'DATA') throw error
      // It may have been written all the same, and nobody would run it.
      writeLater(name, freeing(name))
      throw unknowable(error)
    }
  }

  return {
    async claim(name) {
      if (unsaved.has(identityOf(name))) await retry()
      const answer = unsaved.get(identityOf(name))?.answer
      if (answer) return { state: 'KEPT', reply: await replyOf(answer) }
      for (let tries = 0; tries < claimTries; tries++) {
        const row = await ask(name)
        if (row?.claimed) return { state: 'MINE' }
        if (row?.state) return told(row)
        if (!row?.alive) break
      }
      throw unknowable()
    },
    async keep(name, reply) {
      const answer = await replyBytes(reply)
      const values = [...keyOf(name), name.requestId, answer]
      await write(name, { statement: { name: 'keep-reply', text: keepStatement, values }, answer })
    },
    free: (name) => write(name, freeing(name)),
    changed: (name, cancellation) => watch.changed(keyOf(name), cancellation),
    async close() {
      stopRetry?.()
      watch.close()
      await retry()
      await Promise.all(pool.map((connection) => connection.close()))
    },
  }
}

async function told({ answer, request_id, runs, same, state }: ClaimRow): Promise<ReplyClaim> {
  if (!same) {
    throw new GatewayError(
      'IDEMPOTENCY_CONFLICT',
      'The idempotency key was used with another request; take a new key.',
    )
  }
  if (state === 'KEPT' && answer) return { state: 'KEPT', reply: await replyOf(answer) }
  return runs ? { state: 'RUNNING' } : { state: 'LOST', requestId: request_id }
}

type ReplyKey = readonly [tenantId: string, scope: string, key: string]

const keyOf = ({ apiKeyId, key, tenantId }: ReplyName): ReplyKey => [
  tenantId,
  apiKeyId ?? nilId,
  key,
]

const identityOf = (name: ReplyName): string =>
  `${keyOf(name).join(' ')} ${fingerprint(name).toString('hex')}`

function fingerprint(name: ReplyName): Buffer {
  return createHash('sha256').update(requestIdentity(name)).digest()
}

function unknowable(cause?: unknown): GatewayError {
  return new GatewayError(
    'OVERLOADED',
    'Whether this idempotency key was used before cannot be known now, so nothing was called; try again later.',
    { retryAfterMs: 1000, cause },
  )
}
