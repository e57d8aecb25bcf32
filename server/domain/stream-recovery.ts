import type { ChatEvent } from './chat.ts'
import { type ErrorCode, errorRules } from './errors.ts'

/**
 * How an answer goes on that broke off after the caller has seen some of it: CONTINUE asks a target to go on from the
 * text so far, ALIGN starts anew and swallows what equals it, FAIL ends with an in-band error.
 */
export type Recovery = 'CONTINUE' | 'ALIGN' | 'FAIL'

/** An answer that broke off. */
export interface BrokenAnswer {
  readonly code: ErrorCode
  /** Kinds of events that the caller has seen. */
  readonly seen: ReadonlySet<ChatEvent['type']>
  /** Answers asked for: only of the first one is it known what the caller has. */
  readonly choices: number
  /** Undefined: the provider's default, which is not 0. */
  readonly temperature: number | undefined
  /** What the route says; undefined: nothing, so that the rule decides. */
  readonly wanted: Recovery | undefined
  /** Recoveries that the call may still have. */
  readonly recoveriesLeft: number
}

/** A target that could take over, perhaps the same one. */
export interface Successor {
  /** Whether it is declared to go on from an assistant message that stands last. */
  readonly takesPrefix: boolean
  /** Whether it serves the model that broke off. */
  readonly isSameModel: boolean
}

/**
 * Which recovery applies with that successor. What the route wants is done where it can be: CONTINUE only where a prefix
 * is taken. By default CONTINUE where a prefix is taken, ALIGN for the same model at temperature 0, else FAIL. Always
 * FAIL after a tool call or a refusal, for more than one choice, and where the failure is no reason to ask anybody else.
 */
export function recoveryWith(answer: BrokenAnswer, successor: Successor): Recovery {
  if (!isRecoverable(answer)) return 'FAIL'
  const { wanted, temperature } = answer
  const { takesPrefix, isSameModel } = successor
  switch (wanted) {
    case 'FAIL':
      return 'FAIL'
    case 'CONTINUE':
      return takesPrefix ? 'CONTINUE' : 'FAIL'
    case 'ALIGN':
      return 'ALIGN'
    case undefined:
      if (takesPrefix) return 'CONTINUE'
      return isSameModel && temperature === 0 ? 'ALIGN' : 'FAIL'
  }
}

function isRecoverable({ code, seen, choices, recoveriesLeft }: BrokenAnswer): boolean {
  if (recoveriesLeft <= 0 || choices > 1) return false
  if (seen.has('tool-call') || seen.has('refusal')) return false
  return errorRules[code].mayFallBack
}
