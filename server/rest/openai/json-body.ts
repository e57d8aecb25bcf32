import { isUtf8 } from 'node:buffer'
import type { JsonObject } from '#domain/chat.ts'
import { GatewayError } from '#domain/errors.ts'
import { checkJsonText, JsonTextError } from '#domain/json-text.ts'

/** A request body as it came, and parsed. */
export interface JsonBody {
  readonly text: string
  readonly body: JsonObject
}

/**
 * Reads a body as a JSON object. Its content type does not matter.
 *
 * @throws {GatewayError} INVALID_REQUEST for bytes that are not UTF-8, a byte order mark, broken JSON, a key that
 *   stands twice, half a surrogate pair, nesting beyond reason, or JSON that is no object.
 */
export function parseJsonBody(bytes: Buffer): JsonBody {
  if (!isUtf8(bytes)) throw invalidJson('it is not UTF-8')
  const text = bytes.toString('utf8')
  const body = parse(text)
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new GatewayError('INVALID_REQUEST', 'The request body must be a JSON object.', {
      issues: [{ path: [], message: 'must be an object' }],
    })
  }
  return { text, body: body as JsonObject }
}

function parse(text: string): unknown {
  try {
    checkJsonText(text)
    return JSON.parse(text)
  } catch (thrown) {
    if (thrown instanceof JsonTextError) throw invalidJson(thrown.message, thrown.path)
    if (thrown instanceof SyntaxError)
      throw invalidJson(text === '' ? 'it is empty' : thrown.message)
    throw thrown
  }
}

function invalidJson(reason: string, path: readonly string[] = []): GatewayError {
  return new GatewayError('INVALID_REQUEST', `The request body is not valid JSON: ${reason}.`, {
    legacyDetail: 'invalid JSON',
    issues: [{ path, message: reason }],
  })
}
