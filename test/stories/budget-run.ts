import { setTimeout as delay } from 'node:timers/promises'
import type { Allowance } from '#domain/allowance.ts'
import { openConnection } from '#store/connection.ts'
import { dice } from './billing-caller.ts'
import type { BillingProvider, Script } from './billing-provider.ts'
import { type Door, type Outcome, spend, spendersAgent } from './budget-spender.ts'

/** How a budget stood, in ticks. */
export interface Standing {
  readonly name: string
  readonly spent: bigint
  readonly held: bigint
  readonly limit: bigint
}

export interface BudgetRun {
  /** What the provider would put on its invoice. */
  readonly bill: bigint
  readonly budgets: readonly Standing[]
  readonly outcomes: Readonly<Record<Outcome['kind'], number>>
  readonly odd: readonly unknown[]
  /** The refusals' messages, each once. */
  readonly refusals: ReadonlySet<string>
  /** Moments at which more was spent and held than a budget allows. */
  readonly overdrawn: readonly Standing[]
  /** Moments at which the provider had billed more than was spent and held. */
  readonly uncovered: number
  readonly looks: number
}

const lookMs = 20
const mostCalls = 100_000

/**
 * Lets callers spend through all doors of all servers, each until it is refused for good, and watches the budgets
 * meanwhile.
 *
 * @param callers At each server.
 */
export async function spendUntilRefused({
  origins,
  databaseUrl,
  provider,
  budgets,
  callers,
  doors,
  endUsers = ['spender'],
}: {
  origins: readonly string[]
  databaseUrl: string
  provider: BillingProvider
  budgets: readonly Allowance[]
  callers: number
  doors: readonly Door[]
  endUsers?: readonly string[]
}): Promise<BudgetRun> {
  const outcomes = { DONE: 0, EXCEEDED: 0, BUSY: 0, ODD: 0 }
  const refusals = new Set<string>()
  const odd: unknown[] = []
  const agent = spendersAgent(callers)
  const roll = dice(7)
  let calls = 0
  let running = true

  const caller = async (origin: string, number: number) => {
    const endUser = endUsers[number % endUsers.length]!
    while (odd.length === 0 && calls < mostCalls) {
      const door = doors[roll(doors.length)]!
      const script: Script = {
        id: `call-${calls++}`,
        behaviour: door.endsWith('_STREAM') ? 'stream' : 'whole',
        promptTokens: 1 + roll(40),
        cachedTokens: 0,
        completionTokens: 1 + roll(40),
        thinkMs: 20 + roll(60),
      }
      const outcome = await spend(origin, { door, endUser, script }, agent)
      outcomes[outcome.kind]++
      if (outcome.kind === 'ODD') odd.push(outcome.found)
      if (outcome.kind !== 'EXCEEDED') continue
      refusals.add(outcome.message)
      return
    }
  }

  const connection = openConnection(databaseUrl)
  const stand = () =>
    connection
      .query<{ name: string; spent: string; held: string; limit: string }>({
        text: `select a.name, w.spent::text, w.held::text, a.amount::text as "limit"
          from allowance a join allowance_window w on w.allowance_id = a.id where a.id = any($1) order by a.name`,
        values: [budgets.map(({ id }) => id)],
      })
      .then((rows) =>
        rows.map(({ name, spent, held, limit }) => ({
          name,
          spent: BigInt(spent),
          held: BigInt(held),
          limit: BigInt(limit),
        })),
      )
  const billed = () => [...provider.bill.values()].reduce((sum, ticks) => sum + ticks, 0n)

  const overdrawn: Standing[] = []
  let uncovered = 0
  let looks = 0
  const watch = async () => {
    while (running) {
      const bill = billed()
      const standings = await stand()
      overdrawn.push(...standings.filter(({ spent, held, limit }) => spent + held > limit))
      // The widest of the budgets counts every call.
      const covered = standings.reduce((most, { spent, held }) => max(most, spent + held), 0n)
      if (bill > covered) uncovered++
      looks++
      await delay(lookMs)
    }
  }

  const watching = watch()
  await Promise.all(
    origins.flatMap((origin) =>
      Array.from({ length: callers }, (_, number) => caller(origin, number)),
    ),
  )
  running = false
  await watching
  const standings = await stand()
  await Promise.all([connection.close(), agent.close()])
  return {
    bill: billed(),
    budgets: standings,
    outcomes,
    odd,
    refusals,
    overdrawn,
    uncovered,
    looks,
  }
}

const max = (one: bigint, other: bigint) => (one > other ? one : other)
