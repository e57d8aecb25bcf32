import { GatewayError } from '#domain/errors.ts'

/** Longer than any name of a model, in UTF-16 units. */
const maxLength = 512

/**
 * Brings a model's name into its one spelling: no space around it, nor around its first colon.
 *
 * @throws {GatewayError} INVALID_REQUEST when it is no name: not a string, blank, only a prefix, too long, or with
 *   control characters.
 */
export function modelName(given: unknown): string {
  if (typeof given !== 'string' || given.trim() === '') throw refused('must be a non-empty string')
  if (given.length > maxLength) throw refused(`must have at most ${maxLength} characters`)
  if (/\p{Cc}/u.test(given)) throw refused('must not have control characters')
  const colon = given.indexOf(':')
  if (colon === -1) return given.trim()
  const prefix = given.slice(0, colon).trim()
  const model = given.slice(colon + 1).trim()
  if (model === '') throw onlyPrefix(given.trim())
  return `${prefix}:${model}`
}

function refused(message: string): GatewayError {
  return new GatewayError('INVALID_REQUEST', `model: ${message}`, { issues: [{ path: ['model'], message }] })
}

function onlyPrefix(model: string): GatewayError {
  const error = 'the model name after the prefix is empty'
  const suggestion = 'use provider:model, for example ollama:llama3'
  return new GatewayError('INVALID_REQUEST', `model: ${error}; ${suggestion}`, {
    issues: [{ path: ['model'], message: error }],
    legacyDetail: { error, model, suggestion },
  })
}
