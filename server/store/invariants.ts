import type { Reader } from './reader.ts'

/** What must always hold of money and records, and the statement that finds where it does not. */
export interface Invariant {
  /** As a sentence. */
  readonly name: string
  /** Selects what breaks it, as `subject` and, in words, `found`; at most 20 of them. */
  readonly text: string
}

const charged = `
select u.id, sum(u.amount) as amount from ledger l
cross join lateral unnest(l.window_ids, l.amounts) as u(id, amount) group by u.id`

const open = `
select u.id, sum(u.held) as amount from attempt a join request r on r.tenant_id = a.tenant_id and r.id = a.request_id
cross join lateral unnest(a.window_ids, a.held) as u(id, held) where r.status = 'IN_PROGRESS' group by u.id`

const windowName = `a.name || ' from ' || w.starts_at || ' (window ' || w.id || ')'`

export const invariants: readonly Invariant[] = [
  {
    name: 'what is spent of an allowance is the sum of its ledger entries',
    text: `
select ${windowName} as subject, w.spent || ' spent, ' || coalesce(c.amount, 0) || ' in the ledger' as found
from allowance_window w join allowance a on a.id = w.allowance_id left join (${charged}) c on c.id = w.id
where w.spent <> coalesce(c.amount, 0) limit 20`,
  },
  {
    name: 'what is held of an allowance is the sum of its open reservations',
    text: `
select ${windowName} as subject, w.held || ' held, ' || coalesce(o.amount, 0) || ' reserved by open calls' as found
from allowance_window w join allowance a on a.id = w.allowance_id left join (${open}) o on o.id = w.id
where w.held <> coalesce(o.amount, 0) limit 20`,
  },
  {
    name: 'what is spent and held is at most the limit and the overage',
    text: `
select ${windowName} as subject,
  w.spent || ' spent and ' || w.held || ' held of ' || w.ceiling || ' with an overage of ' || w.overage as found
from allowance_window w join allowance a on a.id = w.allowance_id
where a.action = 'BLOCK' and w.spent::numeric + w.held > w.ceiling::numeric + w.overage limit 20`,
  },
  {
    name: 'an attempt that held something is settled once when its call has ended, and not before',
    text: `
select 'attempt ' || a.index || ' of request ' || a.request_id as subject,
  r.status || ' with ' || count(l.request_id) || ' charges' as found
from attempt a join request r on r.tenant_id = a.tenant_id and r.id = a.request_id
left join ledger l on l.tenant_id = a.tenant_id and l.request_id = a.request_id and l.attempt_index = a.index
  and l.kind = 'CHARGE'
where a.window_ids is not null
group by a.tenant_id, a.request_id, a.index, r.status
having count(l.request_id) <> case r.status when 'IN_PROGRESS' then 0 else 1 end limit 20`,
  },
  {
    name: 'the cost of every request is the sum of its ledger entries',
    text: `
select 'request ' || r.id as subject, r.cost_total || ' ticks, ' || coalesce(l.ticks, 0) || ' in the ledger' as found
from request r left join (
  select tenant_id, request_id, sum(ticks) as ticks from ledger group by tenant_id, request_id
) l on l.tenant_id = r.tenant_id and l.request_id = r.id
where r.status <> 'IN_PROGRESS' and r.cost_total <> coalesce(l.ticks, 0) limit 20`,
  },
]

/** Where an invariant does not hold. */
export interface Breach {
  readonly invariant: string
  readonly subject: string
  readonly found: string
}

/** Checks every invariant against the whole database. Calls may run meanwhile: each statement sees one moment. */
export async function findBreaches(reader: Pick<Reader, 'query'>): Promise<readonly Breach[]> {
  const breaches: Breach[] = []
  for (const { name, text } of invariants) {
    const rows = await reader.query<{ subject: string; found: string }>({ text, values: [] })
    breaches.push(...rows.map((row) => ({ invariant: name, ...row })))
  }
  return breaches
}
