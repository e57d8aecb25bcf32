import type { Cancellation } from '#domain/cancellation.ts'
import type { Clock } from '#gateway/ports.ts'
import type { Statement } from './connection.ts'
import { livingReplicas } from './replica-lease.ts'

const pollMs = 100
/** After so long a waiter looks for itself. */
const longestWaitMs = 30_000

interface Waiter {
  readonly key: readonly [tenantId: string, scope: string, key: string]
  readonly since: number
  readonly done: () => void
}

/** Waits for the ends of calls that other replicas run. */
export interface ReplyWatch {
  /** Resolves when the call is not running any more, on cancellation, or after a while. */
  changed(key: Waiter['key'], cancellation: Cancellation): Promise<void>
  close(): void
}

const overStatement = `
select w.place::int as place
from unnest($1::uuid[], $2::uuid[], $3::text[]) with ordinality as w (tenant_id, scope, key, place)
left join reply r using (tenant_id, scope, key)
where r.state is distinct from 'RUNNING' or r.expires_at <= now() or r.replica_id not in (${livingReplicas})`

/** Asks Postgres ten times a second while anybody waits: one statement, however many wait. */
export function createReplyWatch({
  clock,
  query,
}: {
  clock: Clock
  query: (statement: Statement) => Promise<{ place: number }[]>
}): ReplyWatch {
  const waiters = new Set<Waiter>()
  let stop: (() => void) | undefined
  let busy = false

  const poll = async () => {
    const asked = [...waiters]
    const column = (index: 0 | 1 | 2) => asked.map(({ key }) => key[index])
    const values = [column(0), column(1), column(2)]
    try {
      const over = await query({ name: 'over-replies', text: overStatement, values })
      for (const { place } of over) asked[place - 1]?.done()
      for (const { done, since } of asked) if (clock.now() - since >= longestWaitMs) done()
    } catch {
      // They ask for themselves, and are told that it cannot be known.
      for (const { done } of asked) done()
    }
  }

  const tick = () => {
    if (busy || waiters.size === 0) return
    busy = true
    void poll().finally(() => {
      busy = false
      if (waiters.size > 0) return
      stop?.()
      stop = undefined
    })
  }

  return {
    changed: (key, cancellation) =>
      new Promise((resolve) => {
        const done = () => {
          waiters.delete(waiter)
          forget()
          resolve()
        }
        const waiter: Waiter = { key, since: clock.now(), done }
        waiters.add(waiter)
        const forget = cancellation.onCancel(() => queueMicrotask(done))
        stop ??= clock.every(pollMs, tick)
      }),
    close() {
      stop?.()
      for (const { done } of waiters) done()
    },
  }
}
