import { isUtf8 } from 'node:buffer'
import { GatewayError } from '#domain/errors.ts'
import { checkJsonText, JsonTextError } from '#domain/json-text.ts'
import { parseExactJson } from './exact-json.ts'

const body = { named: 'The request body', path: [] }

/** @throws {GatewayError} INVALID_REQUEST for all that is not one clear JSON value in UTF-8. */
export function parseBody(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw invalidJson('it is not UTF-8', body)
  return parseText(bytes.toString('utf8'), body)
}

/** What a GET holds as JSON; Yoga takes its absence well, but not its faults. @throws {GatewayError} INVALID_REQUEST. */
export function checkQueryString(url: string): void {
  const query = new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?')) : '')
  for (const name of ['variables', 'extensions']) {
    const text = query.get(name)
    if (text) parseText(text, { named: `\`${name}\``, path: [name] })
  }
}

interface JsonPlace {
  readonly named: string
  readonly path: readonly string[]
}

function parseText(text: string, place: JsonPlace): unknown {
  try {
    checkJsonText(text)
    return parseExactJson(text)
  } catch (thrown) {
    if (thrown instanceof JsonTextError) {
      throw invalidJson(thrown.message, { ...place, path: [...place.path, ...thrown.path] })
    }
    if (thrown instanceof SyntaxError)
      throw invalidJson(text === '' ? 'it is empty' : thrown.message, place)
    throw thrown
  }
}

function invalidJson(reason: string, { named, path }: JsonPlace): GatewayError {
  return new GatewayError('INVALID_REQUEST', `${named} is not valid JSON: ${reason}.`, {
    issues: [{ path, message: reason }],
  })
}
