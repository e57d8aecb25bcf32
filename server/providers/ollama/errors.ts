import type { JsonValue } from '#domain/chat.ts'
import { GatewayError } from '#domain/errors.ts'
import { inBandError, refusalOf } from '../openai-wire/errors.ts'
import type { WholeAnswer } from '../upstream.ts'
import { failure, named } from '../upstream-failure.ts'

/** Whose failure it is. */
export interface OllamaCall {
  readonly provider: string
  readonly model: string
  /** It is the Ollama that is there without being configured; v0.7.2 then named no provider. */
  readonly isBuiltIn: boolean
}

/** Turns an answer of 300 or more into an error, with v0.7.2's `detail` beside it. */
export function ollamaRefusal(
  answer: WholeAnswer,
  call: OllamaCall,
  epochMs: number,
): GatewayError {
  const { code, message, details } = refusalOf(answer, call, epochMs)
  const legacyDetail = detailOf(call, {
    error: `Ollama answered ${answer.status}`,
    message: friendlier(answer.status, call) ?? answer.body.toString('utf8', 0, 2000),
    suggestion: suggestionFor(answer.status, call.model),
  })
  if (answer.status !== 404) return new GatewayError(code, message, { ...details, legacyDetail })
  const missing = `${named(call)} does not have this model; pull it with \`ollama pull ${call.model}\`, or ask for another one.`
  return new GatewayError('MODEL_NOT_FOUND', missing, { ...details, legacyDetail })
}

/** An error that Ollama reports in the middle of an answer. */
export function ollamaBreakOff(error: JsonValue, call: OllamaCall): GatewayError {
  return inBandError({ error }, call)
}

/** An answer that makes no sense: 502, with v0.7.2's `detail` beside it. */
export function ollamaNonsense(what: string, call: OllamaCall, cause?: unknown): GatewayError {
  const { code, message, details } = failure(
    'PROVIDER_PROTOCOL',
    `${named(call)} ${what}; try again, or another model.`,
    { ...call, cause },
  )
  const legacyDetail = detailOf(
    { ...call, isBuiltIn: true },
    {
      error: 'Ollama sent an answer that cannot be read',
      message,
      suggestion: 'Look at the log of Ollama, and try again.',
    },
  )
  return new GatewayError(code, message, { ...details, legacyDetail })
}

function detailOf(
  { provider, model, isBuiltIn }: OllamaCall,
  { error, message, suggestion }: { error: string; message: string; suggestion: string },
): Readonly<Record<string, string>> {
  return { error, message, model, suggestion, ...(!isBuiltIn && { provider }) }
}

function friendlier(status: number, { model }: OllamaCall): string | undefined {
  if (status === 404) return `The model "${model}" is not there.`
  return status === 503 ? 'Ollama is busy, or still loading the model.' : undefined
}

function suggestionFor(status: number, model: string): string {
  if (status === 404)
    return `Pull it with \`ollama pull ${model}\`; GET /v1/models lists what there is.`
  return status === 503
    ? 'Try again in a moment.'
    : 'Correct the request, or look at the log of Ollama.'
}
