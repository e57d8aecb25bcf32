import { asGatewayError, type GatewayError } from '#domain/errors.ts'
import type { Attempts } from '../attempts.ts'
import type { Answer, Call } from '../call.ts'
import type { Step } from '../pipeline.ts'
import type { CallObserver, CallRecords, Clock } from '../ports.ts'
import { requestRecord } from '../records.ts'
import { RecordedChunks } from '../recorded-chunks.ts'

interface Recorder {
  readonly attempts: Attempts
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
        const answer = await next(call)
        const settled = (error: GatewayError | undefined) => settle(call, error, ports)
        return { ...answer, chunks: new RecordedChunks(answer, { clock, settled }) }
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
  { attempts, records, observer, clock }: Recorder,
): Promise<void> {
  const now = clock.now()
  attempts.end(call.attempts.at(-1), error)
  for (const close of call.closers.splice(0)) close()
  const ended = requestRecord(call, { error, now, epochMs: clock.epochMs() })
  await records.end(ended)
  observer.callEnded(ended)
  call.watcher?.ended?.(ended)
}
