import { createSourceEventStream, type ExecutionArgs, type ExecutionResult } from 'graphql'
import type { GraphqlContext } from './context.ts'
import type { Documents } from './documents.ts'
import { mapEvents } from './map-events.ts'
import { contextOfEvent } from './request-scope.ts'

/** Runs a subscription: each event is an execution of its own, with a context of its own. */
export function createSubscribe(documents: Documents) {
  return async function subscribe(
    args: ExecutionArgs,
  ): Promise<AsyncIterableIterator<ExecutionResult, undefined> | ExecutionResult> {
    const operation = documents.operation(args.document, args.operationName)
    if (!operation) throw new Error('a subscription without an operation')
    const refusal = operation.refusal(args.variableValues)
    if (refusal) return { errors: [refusal] }
    const source = await createSourceEventStream(args)
    if (!(Symbol.asyncIterator in source)) return source
    const events = source[Symbol.asyncIterator]() as AsyncIterator<unknown, undefined>
    return mapEvents(events, (rootValue) =>
      operation.execute({
        rootValue,
        context: contextOfEvent(args.contextValue as GraphqlContext),
        variables: args.variableValues,
      }),
    )
  }
}
