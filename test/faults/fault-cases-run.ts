import { ask, type Heard } from './caller.ts'
import { type BillEntry, chargeOf } from './double-bill.ts'
import { tokensIn } from './double-text.ts'
import type { DoubleName, FaultCase } from './fault-case.ts'
import { type FaultHouse, openHouse } from './fault-house.ts'
import { type AttemptRow, type CallRow, readCalls } from './fault-rows.ts'
import { type ProviderDouble, startDouble } from './provider-double.ts'

/** What came of a case, in the words of what ought to. */
export interface Outcome {
  readonly status: number
  /** As the gateway wrote it down. */
  readonly code: string | null
  readonly reads: 'WHOLE' | 'NOTHING OF ANY ANSWER' | number
  /** How often each target was asked, in the route's order. */
  readonly asked: readonly number[]
  /** What is wrong about it besides; each as a sentence. */
  readonly faults: readonly string[]
}

export interface FaultRun {
  readonly house: FaultHouse
  /** By the case's name. */
  readonly outcomes: ReadonlyMap<string, Outcome>
  close(): Promise<void>
}

/** So many cases are on their way at once. */
const lanes = 32

/** Makes the calls of all cases, each to a model and a route of its own, and gathers what came of them. */
export async function runCases(cases: readonly FaultCase[]): Promise<FaultRun> {
  const doubles: Readonly<Record<DoubleName, ProviderDouble>> = {
    first: await startDouble({ name: 'first' }),
    second: await startDouble({ name: 'second' }),
    third: await startDouble({ name: 'third', takesPrefix: true }),
  }
  const named = cases.map((each, index) => ({ ...each, model: `case-${index}` }))
  const house = await openHouse({
    providers: {
      first: { double: doubles.first },
      second: { double: doubles.second },
      third: { double: doubles.third, takes_prefix: true },
    },
    models: named.map(({ model }) => model),
    serves: (provider, model) =>
      named[Number(model.slice('case-'.length))]?.targets.some(({ at }) => at === provider) ??
      false,
    routes: Object.fromEntries(
      named.map(({ model, route, targets }) => [
        model,
        {
          ...route,
          targets: targets.map(({ at, timeouts }) => ({ target: `${at}:${model}`, timeouts })),
        },
      ]),
    ),
  })
  const heard = new Map<string, Heard>()
  const left = [...named]
  const lane = async () => {
    for (let next = left.shift(); next; next = left.shift()) {
      const { model, stream, targets, temperature } = next
      for (const { at, plays } of targets) doubles[at].play(model, ...plays)
      heard.set(model, await ask(house.origin, { model, stream, temperature, user: model }))
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  const calls = await readCalls(house.databaseUrl)
  const outcomes = named.map((each) => {
    const bills = each.targets.map(({ at }) => doubles[at].billOf(each.model))
    return [
      each.name,
      outcomeOf(heard.get(each.model), { call: calls.get(each.model), bills }),
    ] as const
  })
  return {
    house,
    outcomes: new Map(outcomes),
    async close() {
      await house.close()
      for (const double of Object.values(doubles)) await double.close()
    },
  }
}

function outcomeOf(
  heard: Heard | undefined,
  { call, bills }: { call: CallRow | undefined; bills: readonly (readonly BillEntry[])[] },
): Outcome {
  if (!heard || !call) throw new Error('a case was not run, or not written down')
  const asked = bills.flat()
  return {
    status: heard.status,
    code: call.errorCode,
    reads: readOf(heard, asked),
    asked: bills.map(({ length }) => length),
    faults: [...faultsOfEnd(heard, call), ...faultsOfBill(asked, call.attempts)],
  }
}

/** A caller reads the beginning of one answer, and no text twice. */
function readOf({ isWhole, text }: Heard, asked: readonly BillEntry[]): Outcome['reads'] {
  if (text === '') return 0
  const entry = asked.find((each) => each.text?.startsWith(text))
  if (!entry) return 'NOTHING OF ANY ANSWER'
  return isWhole && entry.text === text ? 'WHOLE' : tokensIn(text)
}

function faultsOfEnd({ code, isWhole, retryAfter, status }: Heard, call: CallRow): string[] {
  const faults: string[] = []
  if (isWhole === (code !== null)) faults.push(`an end that is whole with the code ${code}`)
  if (status === 200 && code !== null && code !== call.errorCode?.toLowerCase())
    faults.push(`the error frame says ${code}, the row ${call.errorCode}`)
  if (call.status !== (code === null ? 'SUCCEEDED' : 'FAILED'))
    faults.push(`the call is ${call.status}`)
  if (retryAfter !== undefined && !/^([0-9]|[1-5][0-9]|60)$/.test(retryAfter))
    faults.push(`Retry-After: ${retryAfter}`)
  return faults
}

/** What the gateway has settled, against what the providers want: the same where it is not flagged, else no less. */
function faultsOfBill(asked: readonly BillEntry[], attempts: readonly AttemptRow[]): string[] {
  const sent = attempts.filter(({ status }) => !status.startsWith('SKIPPED'))
  const inTurn = asked.toSorted((one, other) => one.receivedAt - other.receivedAt)
  if (sent.length !== inTurn.length)
    return [`${sent.length} attempts are written down, ${inTurn.length} requests came`]
  return sent.flatMap(({ cost, flagged, hold }, index) => {
    const charge = chargeOf(inTurn[index]!)
    const paid = cost ?? 0n
    if (hold === null || paid > hold) return `attempt ${index} is settled with ${paid} of ${hold}`
    if (flagged ? paid >= charge : paid === charge) return []
    return `attempt ${index} is settled with ${paid}, ${flagged ? 'flagged, ' : ''}billed with ${charge}`
  })
}
