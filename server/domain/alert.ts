import type { Allowance } from './allowance.ts'
import { formatUsd } from './money.ts'

export type AlertSeverity = 'INFO' | 'WARNING' | 'ERROR'

/** Every kind of alert, with how much it matters. */
export const alertSeverities = {
  BUDGET_THRESHOLD: 'WARNING',
  BUDGET_EXHAUSTED: 'ERROR',
  QUOTA_EXHAUSTED: 'WARNING',
  PROVIDER_DOWN: 'ERROR',
  PROVIDER_RECOVERED: 'INFO',
  CIRCUIT_OPENED: 'WARNING',
  ERROR_RATE: 'WARNING',
  UNPRICED_MODEL: 'WARNING',
  CREDENTIAL_REJECTED: 'ERROR',
  CONFIG_REJECTED: 'ERROR',
} as const satisfies Readonly<Record<string, AlertSeverity>>

export type AlertKind = keyof typeof alertSeverities

/** A condition that somebody should know of; while it lasts, there is one open alert by tenant, kind and `subjectKey`. */
export interface AlertCondition {
  readonly tenantId: string
  readonly kind: AlertKind
  /** What it is about, for machines; at most 1000 characters. */
  readonly subjectKey: string
  /** What it is about, for people. */
  readonly subject: string
  /** What has happened and what to do, in one or two sentences. */
  readonly message: string
}

/** A condition that was seen, and how often since it was last written. @default count 1 */
export type SeenCondition = AlertCondition & { readonly count?: number }

/** How an allowance stands that somebody should know of; amounts are in its unit. */
export type AlertedAllowance = Pick<
  Allowance,
  'id' | 'tenantId' | 'kind' | 'name' | 'limit' | 'unit'
> & { readonly spent: bigint }

/**
 * Who has crossed a threshold, as an alert: the whole limit is exhaustion, and each share below it a condition of its
 * own, so that each is resolved by itself. Shares of quotas are nobody's business: undefined.
 *
 * @param crossed A share of the limit.
 */
export function crossingAlert(
  allowance: AlertedAllowance,
  crossed: number,
): AlertCondition | undefined {
  if (crossed >= 1) return exhaustedAlert(allowance)
  if (allowance.kind === 'QUOTA') return undefined
  return {
    ...about(allowance),
    kind: 'BUDGET_THRESHOLD',
    subjectKey: `${allowance.id}/${crossed}`,
    message: `${used(allowance)}: more than ${Math.round(crossed * 1e4) / 100} %.`,
  }
}

/** Nothing is left of an allowance, or too little for the calls that come. */
export function exhaustedAlert(allowance: AlertedAllowance): AlertCondition {
  return {
    ...about(allowance),
    kind: allowance.kind === 'BUDGET' ? 'BUDGET_EXHAUSTED' : 'QUOTA_EXHAUSTED',
    subjectKey: allowance.id,
    message: `${used(allowance)}: nothing is left, or too little for the calls that come.`,
  }
}

/**
 * Whether a refused call speaks of an allowance that is used up, and not of a call that is too large for what is left:
 * at most 5 % are left.
 */
export function isExhausted({ limit, spent }: Pick<AlertedAllowance, 'limit' | 'spent'>): boolean {
  return spent * 100n >= limit * 95n
}

/**
 * A call cost more than was set aside for it, so that a limit may have been passed: of all kinds that there are, this is
 * most like a threshold.
 *
 * @param above What it cost above its hold, in ticks.
 */
export function overageAlert(
  allowance: AlertedAllowance,
  { model, above }: { model: string; above: bigint },
): AlertCondition {
  return {
    ...about(allowance),
    kind: 'BUDGET_THRESHOLD',
    subjectKey: `${allowance.id}/overage`,
    message: `A call to ${model} cost ${formatUsd(above)} USD more than was set aside for it. ${used(allowance)}. Look at the price of the model.`,
  }
}

/** @param model `provider:model`. */
export function unpricedAlert(tenantId: string, model: string): AlertCondition {
  return {
    tenantId,
    kind: 'UNPRICED_MODEL',
    subjectKey: model,
    subject: model,
    message: `No price is known of ${model}: what it costs is in no sum and in no budget. Set its price, then recalculate the costs.`,
  }
}

/** @param code How the provider refused: PROVIDER_AUTH, PROVIDER_QUOTA. */
export function credentialAlert(
  tenantId: string,
  { providerName, code }: { providerName: string; code: string },
): AlertCondition {
  return {
    tenantId,
    kind: 'CREDENTIAL_REJECTED',
    subjectKey: providerName,
    subject: providerName,
    message:
      code === 'PROVIDER_QUOTA'
        ? `${providerName} says that the account behind the gateway's key has no credit left. Top it up.`
        : `${providerName} refuses the gateway's key. Check it, and what it is allowed.`,
  }
}

/**
 * A provider is down, for whatever reason its health gives. Alerts about providers are the installation's: its tenant is
 * told, and all others see their health.
 */
export function providerDownAlert(
  tenantId: string,
  { providerName, reason }: { providerName: string; reason: string | null },
): AlertCondition {
  return {
    ...aboutProvider(tenantId, providerName),
    kind: 'PROVIDER_DOWN',
    message: [
      `${providerName} is down.`,
      reason,
      'Calls fall back where their routes allow; it is tried again by itself.',
    ]
      .filter((sentence) => sentence !== null)
      .join(' '),
  }
}

export function providerRecoveredAlert(tenantId: string, providerName: string): AlertCondition {
  return {
    ...aboutProvider(tenantId, providerName),
    kind: 'PROVIDER_RECOVERED',
    message: `${providerName} works again.`,
  }
}

/** @param target `provider:model`. */
export function circuitOpenedAlert(tenantId: string, target: string): AlertCondition {
  return {
    ...aboutProvider(tenantId, target),
    kind: 'CIRCUIT_OPENED',
    message: `Too many calls to ${target} failed: its circuit is open, and calls to it are refused at once until one that is let through succeeds.`,
  }
}

const aboutProvider = (tenantId: string, subject: string) => ({
  tenantId,
  subjectKey: subject.slice(0, 1000),
  subject,
})

const about = ({ kind, name, tenantId }: AlertedAllowance) => ({
  tenantId,
  subject: `${kind === 'BUDGET' ? 'Budget' : 'Quota'} “${name}”`,
})

function used({ kind, name, limit, unit, spent }: AlertedAllowance): string {
  const of = (amount: bigint) => (unit === 'TICKS' ? formatUsd(amount) : String(amount))
  const nouns = { TICKS: 'USD', TOKENS: 'tokens', REQUESTS: 'requests' } as const
  const noun = unit === 'CONCURRENT_REQUESTS' ? 'requests at once' : nouns[unit]
  return `${of(spent)} of ${of(limit)} ${noun} are used of the ${kind.toLowerCase()} “${name}”`
}
