import { unpriced } from './price.ts'
import type {
  AttemptOpening,
  AttemptRecord,
  RequestOpening,
  RequestRecord,
} from './request-record.ts'
import { totalCost, totalUsage } from './totals.ts'

const message =
  'The gateway stopped while this call was running. How it ended is unknown, so it is charged the most that it can cost.'

/** An attempt of a call that nobody lived to see the end of. */
export interface LostAttempt {
  readonly opening: AttemptOpening
  /** Whether it is known that it had failed before, and cost nothing. */
  readonly hasEnded: boolean
}

/**
 * The end of a call that nobody lived to see: each attempt that was under way is charged its hold, flagged ESTIMATED.
 * What has no price stays unpriced.
 *
 * @param finishedAt When it was found, epoch ms.
 */
export function lostCall(
  request: RequestOpening,
  lost: readonly LostAttempt[],
  { finishedAt }: { finishedAt: number },
): RequestRecord {
  const attempts = lost.map(ended)
  const last = lost.at(-1)?.opening
  return {
    ...request,
    status: 'FAILED',
    finishedAt,
    providerName: last?.providerName ?? null,
    servedModel: last?.model ?? null,
    simulated: last?.simulated ?? false,
    finishReason: null,
    latencyMs: 0,
    timeToFirstTokenMs: null,
    queuedMs: 0,
    overheadMs: 0,
    usage: totalUsage(attempts.map(({ usage }) => usage)),
    cost: totalCost(attempts.map(({ cost }) => cost)),
    errorCode: 'INTERNAL',
    errorMessage: message,
    httpStatus: null,
    attempts,
  }
}

function ended({ opening, hasEnded }: LostAttempt): AttemptRecord {
  const { hold } = opening
  const attempt = {
    ...opening,
    status: 'FAILED' as const,
    durationMs: 0,
    timeToFirstTokenMs: null,
    error: { code: 'INTERNAL' as const, message, retryable: true, httpStatus: null },
    upstreamRequestId: null,
  }
  if (hasEnded) return { ...attempt, usage: null, cost: null }
  return {
    ...attempt,
    usage: {
      inputTokens: hold.inputTokens,
      cacheReadInputTokens: 0,
      cacheWriteInputTokens: 0,
      outputTokens: hold.outputTokens,
      reasoningOutputTokens: 0,
      source: 'ESTIMATED',
    },
    cost:
      hold.cost === null
        ? unpriced
        : { ...unpriced, total: hold.cost, source: 'PRICE_TABLE', priceVersion: hold.priceVersion },
  }
}
