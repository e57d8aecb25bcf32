import { asGatewayError, type GatewayError } from '#domain/errors.ts'
import type { Answer, Call } from '../call.ts'
import type { Step } from '../pipeline.ts'
import type { CallObserver, CallRecords, Clock } from '../ports.ts'
import { endAttempt, requestRecord } from '../records.ts'
import { RecordedChunks } from '../recorded-chunks.ts'

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
  (next) => {
    const { clock, observer } = ports
    return async function recorded(call) {
      observer.callStarted(call.opening)
      try {
        const { attempt, status, headers, chunks } = await next(call)
        const settled = (error: GatewayError | undefined) => settle(call, error, ports)
        return {
          call,
          attempt,
          status,
          headers,
          chunks: new RecordedChunks(chunks, { attempt, clock, settled }),
        }
      } catch (thrown) {
        const error = asGatewayError(thrown)
        await settle(call, error, ports)
        throw error
      }
    }
  }

async function settle(
  call: Call,
  error: GatewayError | undefined,
  { records, observer, clock }: Recorder,
): Promise<void> {
  const now = clock.now()
  endAttempt(call.attempts.at(-1), { error, now })
  for (const close of call.closers.splice(0)) close()
  const ended = requestRecord(call, { error, now, epochMs: clock.epochMs() })
  await records.end(ended)
  observer.callEnded(ended)
  call.watcher?.ended?.(ended)
}
