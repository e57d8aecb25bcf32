/** What is told of an allowance whose window has changed. */
export interface BudgetNotice {
  readonly tenantId: string
  readonly allowanceId: string
  /** The highest threshold that was crossed meanwhile. */
  readonly crossed: number | null
}

/** So many fit into one message of Postgres, which takes 8,000 bytes. */
const mostInMessage = 60

/** Payloads for the bus. */
export function budgetMessages(notices: readonly BudgetNotice[]): readonly string[] {
  const rows = notices.map(({ tenantId, allowanceId, crossed }) => [tenantId, allowanceId, crossed])
  const count = Math.ceil(rows.length / mostInMessage)
  return Array.from({ length: count }, (_, index) =>
    JSON.stringify(rows.slice(index * mostInMessage, (index + 1) * mostInMessage)),
  )
}

/** Takes a payload apart; none for what is none. */
export function readBudgetMessage(payload: string): readonly BudgetNotice[] {
  const rows: unknown = parsed(payload)
  if (!Array.isArray(rows)) return []
  return rows.flatMap((row: unknown) => {
    if (!Array.isArray(row)) return []
    const [tenantId, allowanceId, crossed] = row as readonly unknown[]
    if (typeof tenantId !== 'string' || typeof allowanceId !== 'string') return []
    return [{ tenantId, allowanceId, crossed: typeof crossed === 'number' ? crossed : null }]
  })
}

function parsed(payload: string): unknown {
  try {
    return JSON.parse(payload)
  } catch {
    return undefined
  }
}

/** Two notices of one allowance as one. */
export function mergedNotice(earlier: BudgetNotice, later: BudgetNotice): BudgetNotice {
  const { crossed } = earlier
  if (crossed === null || (later.crossed ?? 0) >= crossed) return later
  return { ...later, crossed }
}
