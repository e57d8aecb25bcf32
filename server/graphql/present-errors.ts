import { type ExecutionResult, GraphQLError } from 'graphql'
import { GatewayError } from '#domain/errors.ts'
import { ApiError } from './api-error.ts'

/** Writes down what nobody expected. */
export interface ErrorLog {
  error(fields: Readonly<Record<string, unknown>>, message: string): void
}

export interface Presentation {
  readonly requestId: string
  readonly log: ErrorLog
  /** Whether an error may say what it means in HTTP; Yoga takes that out again. */
  readonly overHttp?: boolean
}

const hidden = 'The gateway failed unexpectedly; the log has the details under this request id.'

/**
 * Brings the errors of a result into the one form in which they leave, with `extensions {code, requestId}`: refusals with
 * their message, faults in the request as GraphQL words them, and all else masked and logged.
 */
export function presentErrors<Result extends { readonly errors?: readonly GraphQLError[] }>(
  result: Result,
  presentation: Presentation,
): Result {
  if (!result.errors) return result
  return { ...result, errors: result.errors.map((error) => presentError(error, presentation)) }
}

/** The same for a result that comes in parts. */
export function presentPart(
  part: ExecutionResult & IncrementalPart,
  presentation: Presentation,
): ExecutionResult {
  const presented = presentErrors(part, presentation)
  if (!presented.incremental) return presented
  return {
    ...presented,
    incremental: presented.incremental.map((one) => presentErrors(one, presentation)),
  } as ExecutionResult
}

export interface IncrementalPart {
  readonly incremental?: readonly { readonly errors?: readonly GraphQLError[] }[]
}

export function presentError(
  error: unknown,
  { requestId, log, overHttp = false }: Presentation,
): GraphQLError {
  const graphqlError =
    error instanceof GraphQLError
      ? error
      : new GraphQLError(hidden, { originalError: asError(error) })
  const cause = rootCause(graphqlError)
  const { nodes, source, positions, path, extensions } = graphqlError
  const presented = (message: string, shown: Readonly<Record<string, unknown>>) =>
    located(
      new GraphQLError(message, { nodes, source, positions, path, extensions: shown }),
      graphqlError,
    )
  if (cause instanceof ApiError || (cause instanceof GatewayError && !cause.unexpected)) {
    return presented(cause.message, visible(cause, requestId))
  }
  if (cause === undefined && (path === undefined || isFaultyArgument(graphqlError))) {
    // Errors of compiled operations have none.
    const http = (extensions as GraphQLError['extensions'] | undefined)?.['http']
    return presented(graphqlError.message, {
      ...(overHttp && http !== undefined && { http }),
      code: 'INVALID_REQUEST',
      requestId,
    })
  }
  const reason = cause instanceof GatewayError ? (cause.cause ?? cause) : (cause ?? graphqlError)
  log.error({ err: reason, requestId, path }, 'GraphQL failed unexpectedly')
  return presented(hidden, { code: 'INTERNAL', requestId })
}

/** A variable may be null where the argument may not, if that has a default: it is found when the field runs. */
function isFaultyArgument({ message }: GraphQLError): boolean {
  return message.startsWith('Argument "')
}

/** Errors of compiled operations know their locations without the nodes that these come from. */
function located(error: GraphQLError, { locations }: GraphQLError): GraphQLError {
  if (!error.locations && locations)
    Object.defineProperty(error, 'locations', { value: locations, enumerable: true })
  return error
}

/** What was thrown at the bottom; undefined when GraphQL itself found the fault. */
function rootCause(error: GraphQLError): Error | undefined {
  let cause: Error | undefined = error.originalError ?? undefined
  while (cause instanceof GraphQLError) cause = cause.originalError ?? undefined
  return cause
}

function visible(
  error: ApiError | GatewayError,
  requestId: string,
): Readonly<Record<string, unknown>> {
  const details = error instanceof GatewayError ? error.details : error
  const { issues, missingScopes, retryAfterMs } = details as Partial<GatewayError['details']>
  return {
    code: error.code,
    requestId,
    retryable: error.retryable,
    ...(issues && { issues }),
    ...(missingScopes && { missingScopes }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}
