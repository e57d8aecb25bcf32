import type { Allowance } from '#domain/allowance.ts'
import { boundedRequest } from '#domain/bounded-request.ts'
import { asGatewayError, GatewayError } from '#domain/errors.ts'
import { demandFor, refuseUnboundedTools } from '#domain/hold.ts'
import type { Demand } from '#domain/reservation.ts'
import { allowanceSubject } from '../allowance-subject.ts'
import type { Answer, Attempt } from '../call.ts'
import type { Step } from '../pipeline.ts'
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

async function reserveAll(
  attempt: Attempt,
  { applying, records, allowances }: Reserver & { applying: readonly Allowance[] },
): Promise<void> {
  const { call, target, cancellation } = attempt
  const mayRefuse = (unit: Allowance['unit']) =>
    applying.some((each) => each.action === 'BLOCK' && each.unit === unit)
  if (mayRefuse('TICKS')) refuseUnbounded(attempt, allowances)
  // What costs nothing needs no limit.
  const limitsOutput =
    mayRefuse('TOKENS') || (mayRefuse('TICKS') && attempt.opening.hold.cost !== 0n)
  const demand = limitsOutput ? demandFor(attempt.request, target, allowances) : demandOf(attempt)
  const reservation = { allowances: applying, demand, cancellation }
  attempt.opening = await records.begin(call.opening, attempt.opening, reservation)
  if (!limitsOutput) return
  const { kind } = target.adapter.config
  attempt.request = boundedRequest(attempt.request, {
    outputTokens: attempt.opening.hold.outputTokens,
    name: kind === 'OPENAI' || kind === 'XAI' ? 'max_completion_tokens' : 'max_tokens',
  })
}

/** @throws {GatewayError} UNPRICED_MODEL or INVALID_REQUEST where nobody can say what the attempt costs at most. */
function refuseUnbounded({ call, target }: Attempt, { allowUnpriced }: Allowances): void {
  refuseUnboundedTools(call.request)
  if (target.price || allowUnpriced) return
  const model = `${target.adapter.config.name}:${target.model}`
  throw new GatewayError(
    'UNPRICED_MODEL',
    `Nobody knows the price of ${model}, and a blocking budget applies to this call: give it a price, or set allow_unpriced.`,
    { provider: target.adapter.config.name, model: target.model },
  )
}

/** What is only counted is held as it is charged after a crash. */
function demandOf({ opening: { hold }, target }: Attempt): Demand {
  const { inputTokens, outputTokens } = hold
  return { inputTokens, outputTokens, leastOutputTokens: 0, price: target.price }
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
