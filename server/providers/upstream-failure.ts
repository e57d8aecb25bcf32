import { type ErrorCode, GatewayError } from '#domain/errors.ts'

/** Whom a request was for, as messages name it. */
export interface UpstreamTarget {
  readonly provider: string
  readonly origin: string
  /** Absent where no model is concerned, such as for a list of models. */
  readonly model?: string | undefined
}

const unreachable: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the host name could not be looked up',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'there is no route to the network',
  EADDRNOTAVAIL: 'no local address is free',
  EMFILE: 'this process has too many files open',
}

const cut: Readonly<Record<string, string>> = {
  UND_ERR_SOCKET: 'the connection was closed before the answer was complete',
  UND_ERR_CLOSED: 'the gateway is shutting down',
  UND_ERR_DESTROYED: 'the gateway is shutting down',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed while the request was sent',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the answer was cut short of its length',
}

/**
 * Says what a failure of the network was: PROVIDER_NETWORK, PROVIDER_TIMEOUT or PROVIDER_PROTOCOL, or CONFIG_INVALID
 * where the request could not even be written.
 */
export function upstreamFailure(error: unknown, target: UpstreamTarget): GatewayError {
  if (error instanceof GatewayError) return error
  const cause = deepest(error)
  const { code, reason } = classify(cause)
  const hint =
    code === 'CONFIG_INVALID' ? 'correct its configuration' : 'try again, or another model'
  return failure(code, `${named(target)} at ${target.origin} failed: ${reason}; ${hint}.`, {
    ...target,
    cause: error,
  })
}

/** An error that names the provider and the model it is about. */
export function failure(
  code: ErrorCode,
  message: string,
  { provider, model, cause }: { provider: string; model?: string | undefined; cause?: unknown },
): GatewayError {
  return new GatewayError(code, message, { provider, ...(model !== undefined && { model }), cause })
}

/** `openai (gpt-4.1)`, or `openai` where no model is concerned. */
export function named({
  provider,
  model,
}: {
  provider: string
  model?: string | undefined
}): string {
  return model === undefined ? provider : `${provider} (${model})`
}

/** PROVIDER_PROTOCOL: what came is no answer. */
export function oddAnswer(target: UpstreamTarget, what: string): GatewayError {
  return failure(
    'PROVIDER_PROTOCOL',
    `${named(target)} sent ${what}; try again, or another model.`,
    target,
  )
}

/** PROVIDER_NETWORK: the answer came in part. */
export function cutAnswer(target: UpstreamTarget, what: string): GatewayError {
  return failure(
    'PROVIDER_NETWORK',
    `${named(target)} sent ${what}; try again, or another model.`,
    target,
  )
}

/** CANCELLED: the gateway itself has no use for the rest. */
export function unwantedAnswer(target: UpstreamTarget): GatewayError {
  return failure('CANCELLED', `The answer of ${named(target)} is no longer wanted.`, target)
}

/** PROVIDER_PROTOCOL: a redirect, which could carry the key elsewhere. */
export function redirected(
  target: UpstreamTarget,
  status: number,
  location: string | undefined,
): GatewayError {
  const origin = location === undefined ? undefined : URL.parse(location, target.origin)?.origin
  const place = origin === undefined ? '' : ` to ${origin}`
  const message = `${named(target)} answered ${status}, a redirect${place}; redirects are not followed: put the final address into its base_url.`
  return failure('PROVIDER_PROTOCOL', message, target)
}

interface Fault {
  readonly name: string
  readonly code: string
  readonly message: string
}

/** With several addresses tried, the last attempt speaks for all. */
function deepest(error: unknown): Fault {
  if (error instanceof AggregateError && error.errors.length > 0)
    return deepest(error.errors.at(-1))
  if (!(error instanceof Error)) return { name: 'Error', code: '', message: String(error) }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return { name: error.name, code, message: error.message }
}

function classify({ name, code, message }: Fault): { code: ErrorCode; reason: string } {
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') {
    return { code: 'PROVIDER_TIMEOUT', reason: 'no connection in time' }
  }
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
    return { code: 'PROVIDER_TIMEOUT', reason: 'no answer in time' }
  }
  const known = unreachable[code] ?? cut[code]
  if (known) return { code: 'PROVIDER_NETWORK', reason: known }
  if (code === 'UND_ERR_INVALID_ARG') {
    return {
      code: 'CONFIG_INVALID',
      reason: `its address, key or headers cannot be sent (${message})`,
    }
  }
  if (code === 'UND_ERR_HEADERS_OVERFLOW') {
    return { code: 'PROVIDER_PROTOCOL', reason: 'the headers of its answer are too large' }
  }
  if (name === 'HTTPParserError' || code.startsWith('HPE_')) {
    return { code: 'PROVIDER_PROTOCOL', reason: 'what it answered is not HTTP' }
  }
  if (/^(ERR_TLS|ERR_SSL|CERT_|EPROTO|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|HOSTNAME)/.test(code)) {
    return { code: 'PROVIDER_NETWORK', reason: `no secure connection (${code})` }
  }
  return { code: 'PROVIDER_NETWORK', reason: code === '' ? name : code }
}
