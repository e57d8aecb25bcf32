import { GatewayError } from './errors.ts'

/** A model as a caller names it: `provider:model`, or a bare name. */
export interface ModelName {
  /** What stands before the first colon; undefined for a bare name. It may be empty, which names no provider. */
  readonly prefix: string | undefined
  /** What stands behind it. Never empty. */
  readonly model: string
}

const maxLength = 512
const suggestion =
  'Name the model as provider:model, for example openai:gpt-4.1-mini; GET /v1/models lists what there is.'

/**
 * Takes a model's name apart: trimmed, split at the first colon, both halves trimmed.
 *
 * @throws {GatewayError} INVALID_REQUEST when it is not a string, blank, too long, has control characters, or has
 *   nothing behind its colon.
 */
export function parseModelName(asked: unknown): ModelName {
  if (typeof asked !== 'string' || asked.trim() === '') {
    throw refused('`model` must be a non-empty string such as "openai:gpt-4.1-mini".')
  }
  if (asked.length > maxLength)
    throw refused(`\`model\` must have at most ${maxLength} characters.`)
  const isPlain = /^[!-~]+$/.test(asked)
  const name = isPlain ? asked : asked.trim().normalize('NFC')
  if (!isPlain && /\p{Cc}|\p{Cs}/u.test(name))
    throw refused('`model` must have no control characters.')
  const colon = name.indexOf(':')
  if (colon < 0) return { prefix: undefined, model: name }
  const prefix = name.slice(0, colon).trim()
  const model = name.slice(colon + 1).trim()
  if (model === '') {
    throw refused(`\`model\` names no model of provider "${prefix}".`, {
      error: 'the model name is empty',
      model: name,
      suggestion,
    })
  }
  return { prefix, model }
}

/**
 * The refusal of a name whose prefix is no provider's.
 *
 * @param providers Names of those that there are.
 */
export function unknownProvider(
  { prefix, model }: ModelName,
  providers: Iterable<string>,
): GatewayError {
  const available = [...providers].toSorted()
  const name = `${prefix ?? ''}:${model}`
  return refused(
    `No provider is called "${prefix ?? ''}"; there are: ${available.join(', ') || 'none'}.`,
    {
      error: `no provider is called "${prefix ?? ''}"`,
      model: name,
      available_providers: available,
      suggestion,
    },
  )
}

function refused(
  message: string,
  legacyDetail: string | Readonly<Record<string, unknown>> = message,
): GatewayError {
  return new GatewayError('INVALID_REQUEST', message, {
    issues: [{ path: ['model'], message }],
    legacyDetail,
  })
}
