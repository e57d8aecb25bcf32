import type { IncomingMessage, ServerResponse } from 'node:http'
import { type ExecutionResult, OperationTypeNode } from 'graphql'
import type { GraphQLParams } from 'graphql-yoga'
import type { Viewer } from '#domain/access.ts'
import type { RequestContext } from '#http/request-context.ts'
import { Cancellation } from '#domain/cancellation.ts'
import { GatewayError } from '#domain/errors.ts'
import { callerGone } from '#gateway/call.ts'
import type { AcceptedTypes } from './accepted-types.ts'
import type { GraphqlContext, Services } from './context.ts'
import type { Documents } from './documents.ts'
import { sendGraphiql, wantsGraphiql } from './graphiql.ts'
import { type ErrorLog, presentErrors } from './present-errors.ts'
import { refuseLapsed } from './refuse-lapsed.ts'
import { contextOf } from './request-scope.ts'
import { checkQueryString, parseBody } from './request-text.ts'
import type { Yoga } from './yoga.ts'

export interface DoorOptions {
  readonly services: Services
  readonly documents: Documents
  readonly acceptedTypes: AcceptedTypes
  readonly yoga: Yoga
  readonly log: ErrorLog
  /** Reads a body, refusing more than `limit` bytes. */
  readonly readBody: (request: IncomingMessage, limit: number) => Promise<Buffer>
  readonly maxBodyBytes: number
}

/** GraphQL over HTTP. */
export interface Door {
  /** Answers requests under `/graphql`; what it throws is for the listener. */
  handle(request: IncomingMessage, response: ServerResponse, context: RequestContext): Promise<void>
  /** Cuts answers that go on, as subscriptions do, of those viewers. */
  revoke(isRevoked: (viewer: Viewer) => boolean): void
}

/**
 * The way in over HTTP. Operations that come again take the fast lane: their text was parsed, judged and compiled
 * before. All else goes through Yoga, which also decides how a client that sends a certain Accept is answered.
 */
export function createDoor(options: DoorOptions): Door {
  const { acceptedTypes, documents, log, services, yoga } = options

  const throughYoga = async (
    request: IncomingMessage,
    response: ServerResponse,
    { context, given }: { context: GraphqlContext; given?: unknown },
  ) => {
    await yoga.handle(request, response, { ...context, given: given as GraphQLParams | undefined })
  }

  /** Yoga reads bodies of other kinds itself, however long they are. */
  const refuseUnbounded = async (request: IncomingMessage) => {
    const { 'content-length': length, 'transfer-encoding': encoding } = request.headers
    if (encoding !== undefined) {
      throw new GatewayError(
        'INVALID_REQUEST',
        'A body that is not JSON has to come with its Content-Length.',
      )
    }
    if (Number(length ?? 0) > options.maxBodyBytes)
      await options.readBody(request, options.maxBodyBytes)
  }

  const post = async (
    request: IncomingMessage,
    response: ServerResponse,
    context: GraphqlContext,
  ) => {
    if (!isJson(request.headers['content-type'])) {
      await refuseUnbounded(request)
      return throughYoga(request, response, { context })
    }
    const given = parseBody(await options.readBody(request, options.maxBodyBytes))
    refuseLapsed(context)
    const contentType = acceptedTypes.of(request.headers.accept)
    const asked = contentType === undefined ? undefined : plainRequest(given)
    const isAdmin = context.viewer.scopes.has('admin')
    const operation =
      asked && documents.ready(asked.query, { isAdmin, operationName: asked.operationName })
    if (
      contentType === undefined ||
      !operation ||
      operation.node.operation === OperationTypeNode.SUBSCRIPTION
    ) {
      return throughYoga(request, response, { context, given })
    }
    if (operation.refusal(asked.variables))
      return throughYoga(request, response, { context, given })
    const result = await operation.execute({ context, variables: asked.variables })
    // Nothing ran: the variables do not fit, and Yoga says how.
    if (result.data === undefined) return throughYoga(request, response, { context, given })
    write(response, {
      result: presentErrors(result, { requestId: context.requestId, log }),
      contentType,
    })
  }

  const answers = new Map<ServerResponse, Viewer>()

  const handle: Door['handle'] = async (request, response, { id, viewer, clientIp }) => {
    if (wantsGraphiql(request)) return sendGraphiql(request, response)
    if (viewer.scopes.size === 0) throw unauthenticated()
    const cancellation = new Cancellation()
    answers.set(response, viewer)
    response.once('close', () => {
      answers.delete(response)
      if (!response.writableFinished) cancellation.cancel(callerGone())
    })
    const { headers } = request
    const context = contextOf(services, {
      requestId: id,
      viewer,
      clientIp,
      headers,
      cancellation,
      connection: null,
    })
    if (request.method === 'POST') return post(request, response, context)
    checkQueryString(request.url ?? '')
    return throughYoga(request, response, { context })
  }

  return {
    handle,
    revoke(isRevoked) {
      for (const [response, viewer] of answers) {
        if (response.headersSent && isRevoked(viewer)) response.destroy()
      }
    },
  }
}

function unauthenticated(): GatewayError {
  return new GatewayError('UNAUTHENTICATED', 'missing or invalid bearer token')
}

function write(
  response: ServerResponse,
  { result, contentType }: { result: ExecutionResult; contentType: string },
): void {
  if (response.destroyed) return
  const body = JSON.stringify(result)
  response.writeHead(200, [
    'Content-Type',
    contentType,
    'Content-Length',
    `${Buffer.byteLength(body)}`,
  ])
  response.end(body)
}

function isJson(contentType: string | undefined): boolean {
  return (
    contentType !== undefined && /^application\/(?:graphql\+)?json\s*(?:;|$)/i.test(contentType)
  )
}

interface PlainRequest {
  readonly query: string
  readonly operationName: string | null | undefined
  readonly variables: Readonly<Record<string, unknown>> | null | undefined
}

/** A request in which everything is as it should be; undefined for all others. */
function plainRequest(given: unknown): PlainRequest | undefined {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return undefined
  const { query, operationName, variables, extensions, ...others } = given as Readonly<
    Record<string, unknown>
  >
  const isPlain =
    typeof query === 'string' &&
    (operationName === undefined || operationName === null || typeof operationName === 'string') &&
    isRecord(variables) &&
    isRecord(extensions) &&
    Object.keys(others).length === 0
  return isPlain ? { query, operationName, variables } : undefined
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> | null | undefined {
  return (
    value === undefined || value === null || (typeof value === 'object' && !Array.isArray(value))
  )
}
