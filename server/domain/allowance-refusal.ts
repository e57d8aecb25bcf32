import type { Allowance, AllowancePeriod } from './allowance.ts'
import { GatewayError } from './errors.ts'
import { formatUsd } from './money.ts'

/** Where an allowance stood when it refused a call. Amounts are in its unit; `resetsAt` is epoch ms, null for never. */
export interface RefusedAllowance {
  readonly allowance: Allowance
  readonly spent: bigint
  readonly held: bigint
  readonly resetsAt: number | null
}

/** How long to wait for calls that run to end. */
const busyRetryMs = 1000

/**
 * The refusal of a call that can never fit into what is left: terminal for money (BUDGET_EXCEEDED, without a wait),
 * until the reset for all else (QUOTA_EXCEEDED).
 *
 * @param resetsInMs Until `resetsAt`; null for never.
 */
export function exceeded(refused: RefusedAllowance, resetsInMs: number | null): GatewayError {
  const { allowance } = refused
  const message = `${described(refused)} It leaves too little for this call${until(refused)}`
  if (allowance.kind === 'BUDGET')
    return new GatewayError('BUDGET_EXCEEDED', message, { allowance: refused })
  return new GatewayError('QUOTA_EXCEEDED', message, {
    allowance: refused,
    ...(resetsInMs !== null && { retryAfterMs: Math.max(1, Math.ceil(resetsInMs)) }),
  })
}

/** The refusal of a call that would fit if calls that run now used less than they may. */
export function busy(refused: RefusedAllowance): GatewayError {
  const { kind } = refused.allowance
  return new GatewayError(
    kind === 'BUDGET' ? 'BUDGET_BUSY' : 'QUOTA_EXCEEDED',
    `${described(refused)} Calls that run now hold the rest: try again shortly.`,
    { allowance: refused, retryAfterMs: busyRetryMs },
  )
}

function described({ allowance, spent, held }: RefusedAllowance): string {
  const { kind, name, scope, limit, period } = allowance
  const amount = amountIn(allowance)
  const of = `${kind === 'BUDGET' ? 'The budget' : 'The quota'} “${name}” of ${subjects[scope.kind]} ${scope.value}`
  if (allowance.unit === 'CONCURRENT_REQUESTS') return `${of} is ${amount(limit)}: ${held} run now.`
  return `${of} is ${amount(limit)}${spans[period]}: ${amount(spent)} spent, ${amount(held)} held.`
}

function until({ allowance, resetsAt }: RefusedAllowance): string {
  if (resetsAt === null) return '; somebody has to raise it.'
  const at = Temporal.Instant.fromEpochMilliseconds(Math.ceil(resetsAt)).toZonedDateTimeISO(
    allowance.timeZone,
  )
  return `; it begins anew at ${at.toString({ smallestUnit: 'second' })}.`
}

function amountIn({ unit }: Allowance): (amount: bigint) => string {
  switch (unit) {
    case 'TICKS':
      return (amount) => `${formatUsd(amount)} USD`
    case 'TOKENS':
      return (amount) => `${amount} tokens`
    case 'REQUESTS':
      return (amount) => `${amount} requests`
    case 'CONCURRENT_REQUESTS':
      return (amount) => `${amount} requests at once`
  }
}

const spans: Readonly<Record<AllowancePeriod, string>> = {
  SECOND: ' a second',
  MINUTE: ' a minute',
  HOUR: ' an hour',
  DAY: ' a day',
  WEEK: ' a week',
  MONTH: ' a month',
  TOTAL: '',
}

const subjects = {
  TENANT: 'tenant',
  PROJECT: 'project',
  API_KEY: 'key',
  PROVIDER: 'provider',
  MODEL: 'model',
  END_USER: 'end user',
  CLIENT_IP: 'address',
} as const
