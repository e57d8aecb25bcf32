import type { Log } from './logger.ts'

/** An answer on its way, as far as the log wants to know it. */
export interface SeenAnswer {
  readonly requestId: string
  readonly statusCode: number
  readonly elapsedMs: number
  readonly req: { readonly method?: string | undefined; readonly url?: string | undefined }
}

/** Longest path that is written, in UTF-16 units. */
const maxPath = 200

/** Two lines a request, as v0.7.2 had them, and one for what nobody expected. Query strings are never written. */
export function createRequestLog(log: Log) {
  const words = ({ req: { method = '', url = '' } }: SeenAnswer) => `${method} ${pathOf(url)}`
  return {
    received(answer: SeenAnswer): void {
      if (log.informs) log.info({ requestId: answer.requestId }, words(answer))
    },
    answered(answer: SeenAnswer): void {
      if (!log.informs) return
      const { elapsedMs, requestId, statusCode: status } = answer
      const durationMs = Math.round(elapsedMs * 100) / 100
      log.info({ requestId, status, durationMs }, `${words(answer)} -> ${status}`)
    },
    crashed(thrown: unknown, answer: SeenAnswer): void {
      log.error({ requestId: answer.requestId, err: thrown }, `${words(answer)} -> ERROR`)
    },
  }
}

function pathOf(url: string): string {
  const end = url.indexOf('?')
  return url.slice(0, Math.min(maxPath, end === -1 ? url.length : end))
}
