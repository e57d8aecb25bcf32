import { asGatewayError, GatewayError } from '#domain/errors.ts'
import type { Chunk } from '#domain/chat.ts'
import { type Answer, type Call, callerGone } from '../call.ts'
import type { Step } from '../pipeline.ts'
import type { CallObserver, CallRecords, Clock } from '../ports.ts'
import { endAttempt, requestOpening, requestRecord } from '../records.ts'

interface Recorder {
  readonly records: CallRecords
  readonly observer: CallObserver
  readonly clock: Clock
}

/**
 * Writes down how every call ends: success, failure, refusal, caller gone. The one place of settlement, and the one
 * step that stands in the chunk path, because the last chunk may leave only when the call is durably settled.
 */
export const record =
  (ports: Recorder): Step<Call, Answer> =>
  (next) =>
    async function recorded(call) {
      ports.observer.callStarted(requestOpening(call))
      try {
        const answer = await next(call)
        return { ...answer, chunks: watched(answer, ports) }
      } catch (thrown) {
        const error = asGatewayError(thrown)
        await settle(call, { ...ports, error })
        throw error
      }
    }

async function* watched(answer: Answer, ports: Recorder): AsyncGenerator<Chunk> {
  const { attempt, call } = answer
  const { clock } = ports
  let settled = false
  try {
    for await (const chunk of answer.chunks) {
      if (!chunk.isComment) {
        if (chunk.events.length > 0 || chunk.raw || chunk.end) attempt.firstTokenAt ??= clock.now()
        attempt.waitingSince = undefined
      }
      attempt.producedBytes += chunk.producedBytes
      if (chunk.end) {
        attempt.end = chunk.end
        settled = true
        await settle(call, { ...ports, error: undefined })
      }
      yield chunk
      if (chunk.end) return
      attempt.waitingSince ??= clock.now()
    }
    throw new GatewayError(
      'PROVIDER_PROTOCOL',
      `${attempt.target.adapter.config.name} ended its answer without an end.`,
    )
  } catch (thrown) {
    const error = asGatewayError(thrown)
    if (!settled) {
      settled = true
      await settle(call, { ...ports, error })
    }
    throw error
  } finally {
    if (!settled) {
      const error = call.cancellation.reason ?? callerGone()
      attempt.cancellation.cancel(error)
      await settle(call, { ...ports, error })
    }
  }
}

async function settle(
  call: Call,
  { records, observer, clock, error }: Recorder & { error: GatewayError | undefined },
): Promise<void> {
  const now = clock.now()
  endAttempt(call.attempts.at(-1), { error, now })
  for (const close of call.closers.splice(0)) close()
  const ended = requestRecord(call, { error, now, epochMs: clock.epochMs() })
  await records.end(ended)
  observer.callEnded(ended)
  call.watcher?.ended?.(ended)
}
