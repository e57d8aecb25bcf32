import { writeAnswer } from '#http/answer.ts'
import type { RequestHandler } from '#http/request-context.ts'

/** Something that can tell its state as text. */
export interface MetricsText {
  text(): Promise<string>
  readonly contentType: string
}

/** `GET /metrics`, for Prometheus. */
export function metrics(source: MetricsText): RequestHandler {
  return async (_request, response) => {
    writeAnswer(response, await source.text(), { type: source.contentType })
  }
}
