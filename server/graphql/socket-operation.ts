import { randomUUIDv7 } from 'node:crypto'
import { type ExecutionArgs, type GraphQLError, Kind } from 'graphql'
import type { SubscribePayload } from 'graphql-ws'
import { Cancellation } from '#domain/cancellation.ts'
import { GatewayError } from '#domain/errors.ts'
import type { GraphqlContext, Services } from './context.ts'
import type { Documents, Operation } from './documents.ts'
import { type ErrorLog, presentError } from './present-errors.ts'
import { refuseLapsed } from './refuse-lapsed.ts'
import { contextOf } from './request-scope.ts'
import type { Socket } from './socket-admission.ts'
import { type SocketSession, tooManySubscriptions } from './socket-session.ts'
import type { Yoga } from './yoga.ts'

export interface OperationOptions {
  readonly services: Services
  readonly yoga: Yoga
  readonly documents: Documents
  readonly log: ErrorLog
  /** @default 20 */
  readonly subscriptionsPerSocket?: number | undefined
  /** Whether the server is about to stop. */
  readonly isDraining: () => boolean
  /** Told which socket an operation came over. */
  readonly bind: (context: GraphqlContext, session: SocketSession) => void
}

/** Answers `subscribe`: what is to be executed, or why not. Yoga's own parse and validate hold the limits. */
export function prepareOperations(options: OperationOptions) {
  const { bind, log, services, subscriptionsPerSocket = 20, yoga } = options
  return (
    { extra: session, subscriptions }: Socket,
    operationId: string,
    payload: SubscribePayload,
  ): ExecutionArgs | GraphQLError[] => {
    const cancellation = new Cancellation()
    const { request, viewer, clientIp } = session
    if (!viewer) throw new Error('an operation before its viewer')
    const requestId = randomUUIDv7()
    const headers = session.isPlayground
      ? { ...request.headers, 'x-orchestrator-surface': 'playground' }
      : request.headers
    const connection = { operationId, isLost: () => session.lost }
    const context = contextOf(services, {
      requestId,
      viewer,
      clientIp,
      headers,
      cancellation,
      connection,
    })
    try {
      refuseLapsed({ services, viewer })
      if (options.isDraining()) throw leaving()
      if (Object.keys(subscriptions).length > subscriptionsPerSocket)
        throw tooManySubscriptions(subscriptionsPerSocket)
      const enveloped = yoga.getEnveloped({ ...context, params: payload })
      const document = enveloped.parse(payload.query)
      const errors = enveloped.validate(enveloped.schema, document) as readonly GraphQLError[]
      if (errors.length > 0) return errors.map((error) => presentError(error, { requestId, log }))
      const endless = isEndless(options.documents.operation(document, payload.operationName))
      session.begin(operationId, { cancellation, endless })
      bind(context, session)
      const { schema } = enveloped
      const { operationName, variables: variableValues } = payload
      return { schema, document, operationName, variableValues, contextValue: context }
    } catch (thrown) {
      return [presentError(thrown, { requestId, log })]
    }
  }
}

const endlessFields = new Set(['liveMetrics', 'requestTail'])

function isEndless(operation: Operation | undefined): boolean {
  const selections = operation?.node.selectionSet.selections ?? []
  return selections.some((node) => node.kind === Kind.FIELD && endlessFields.has(node.name.value))
}

function leaving(): GatewayError {
  return new GatewayError('OVERLOADED', 'The server is about to stop; try again.', {
    retryAfterMs: 1000,
  })
}
