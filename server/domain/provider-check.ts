import { type ErrorCode, errorRules } from './errors.ts'

/** How a provider took an active check: being asked for its list of models, which is free. */
export interface ProviderCheck {
  readonly providerName: string
  /** Null: it answered. */
  readonly code: ErrorCode | null
  /** How long the answer took, in milliseconds; null without one. */
  readonly latencyMs: number | null
  /** Epoch milliseconds. */
  readonly at: number
}

/** A check as replicas tell each other. */
export const checkMessage = (check: ProviderCheck): string => JSON.stringify(check)

/** Undefined for what is no check. */
export function readCheckMessage(text: string): ProviderCheck | undefined {
  const { providerName, code, latencyMs, at } = fieldsOf(text)
  if (typeof providerName !== 'string' || typeof at !== 'number') return undefined
  if (code !== null && !isErrorCode(code)) return undefined
  return { providerName, code, latencyMs: typeof latencyMs === 'number' ? latencyMs : null, at }
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

const isErrorCode = (value: unknown): value is ErrorCode =>
  typeof value === 'string' && Object.hasOwn(errorRules, value)
