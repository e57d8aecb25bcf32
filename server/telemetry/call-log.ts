import type { RequestRecord } from '#domain/request-record.ts'
import type { Log } from './logger.ts'

/** v0.7.2's events, by what served the call. */
const failureEvents: Readonly<Record<string, string>> = {
  AGENT: 'agent_runner_error',
  OLLAMA: 'ollama_error',
  RAG: 'rag_error',
}

/**
 * Writes how calls ended badly: one event each, with v0.7.2's names where it had one.
 *
 * @param kindOf What kind of provider a name is.
 */
export function createCallLog(log: Log, kindOf: (provider: string) => string | undefined) {
  return {
    callStarted(): void {},
    attemptStarted(): void {},
    callEnded(record: RequestRecord): void {
      const { errorCode, errorMessage, httpStatus, id, providerName, requestedModel } = record
      if (errorCode === null || errorCode === 'CANCELLED') return
      const kind = providerName === null ? undefined : kindOf(providerName)
      const broken = kind === 'OLLAMA' && errorCode === 'PROVIDER_PROTOCOL'
      const event = broken ? 'ollama_json_error' : (failureEvents[kind ?? ''] ?? 'call_failed')
      const fields = {
        event,
        status_code: httpStatus,
        model: requestedModel,
        provider: providerName,
        code: errorCode,
        error: errorMessage,
        requestId: id,
        request_id: id,
      }
      if (errorCode === 'INTERNAL') log.error(fields, event)
      else log.info(fields, event)
    },
  }
}
