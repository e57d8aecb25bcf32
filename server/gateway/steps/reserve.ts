import type { Allowance } from '#domain/allowance.ts'
import { freeable, withoutHold } from '#domain/freed-hold.ts'
import { boundedRequest } from '#domain/bounded-request.ts'
import { asGatewayError } from '#domain/errors.ts'
import { allowanceSubject } from '../allowance-subject.ts'
import type { Answer, Attempt } from '../call.ts'
import { demandAt } from '../demand-at.ts'
import type { Step } from '../pipeline.ts'
import { usageOf } from '../records.ts'
import type { Allowances, CallRecords } from '../ports.ts'

interface Reserver {
  readonly records: CallRecords
  readonly allowances: Allowances
}

/**
 * Writes that an attempt is under way, and sets aside what it can use, before its first byte: one durable write, which
 * the end of the call settles. Where a limit may refuse, the attempt cannot use more than was set aside: its output is
 * limited on the way up.
 */
export const reserve =
  (ports: Reserver): Step<Attempt, Answer> =>
  (next) =>
    async function reserved(attempt) {
      const applying = notYetCounted(attempt, ports.allowances)
      try {
        if (applying.length > 0) await reserveAll(attempt, { applying, ...ports })
        else await ports.records.begin(attempt.call.opening, attempt.opening)
      } catch (thrown) {
        // There was no attempt, except where Postgres may have taken it without saying so: then the end closes it.
        if (asGatewayError(thrown).code !== 'OVERLOADED') attempt.call.attempts.pop()
        throw thrown
      }
      return next(attempt)
    }

/** @throws {GatewayError} Also where nobody can say what the attempt costs at most, see demand-at.ts. */
async function reserveAll(
  attempt: Attempt,
  { applying, records, allowances }: Reserver & { applying: readonly Allowance[] },
): Promise<void> {
  const { call, target, cancellation } = attempt
  const { demand, limitsOutput } = demandAt(target, {
    request: attempt.request,
    hold: attempt.opening.hold,
    applying,
    allowances,
  })
  const unbilled = call.attempts.filter((each) => each !== attempt && holdsForNothing(each))
  const free = unbilled.map((each) => each.opening)
  const reservation = { allowances: applying, demand, cancellation, free }
  attempt.opening = await records.begin(call.opening, attempt.opening, reservation)
  for (const each of unbilled) each.opening = withoutHold(each.opening)
  if (!limitsOutput) return
  const { kind } = target.adapter.config
  attempt.request = boundedRequest(attempt.request, {
    outputTokens: attempt.opening.hold.outputTokens,
    name: kind === 'OPENAI' || kind === 'XAI' ? 'max_completion_tokens' : 'max_tokens',
  })
}

/** Whether it has failed in a way that costs nothing, and still holds something. */
function holdsForNothing(attempt: Attempt): boolean {
  const { endedAt, opening } = attempt
  return endedAt !== undefined && usageOf(attempt) === null && freeable(opening).length > 0
}

/** A call is one request, however often it is tried: what counts requests has counted it with an earlier attempt. */
function notYetCounted(attempt: Attempt, allowances: Allowances): readonly Allowance[] {
  const { call, target } = attempt
  const applying = allowances.of(allowanceSubject(call, target))
  if (applying.length === 0) return applying
  const counted = new Set(
    call.attempts.flatMap((each) => (each === attempt ? [] : each.allowances.map(({ id }) => id))),
  )
  const countsRequests = ({ unit }: Allowance) =>
    unit === 'REQUESTS' || unit === 'CONCURRENT_REQUESTS'
  attempt.allowances = applying.filter((each) => !(countsRequests(each) && counted.has(each.id)))
  return attempt.allowances
}
