import { useCSRFPrevention } from '@graphql-yoga/plugin-csrf-prevention'
import { useDeferStream } from '@graphql-yoga/plugin-defer-stream'
import {
  execute,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLSchema,
  type ValidationRule,
} from 'graphql'
import { createYoga, type GraphQLParams, type Plugin } from 'graphql-yoga'
import type { AcceptedTypes } from './accepted-types.ts'
import type { GraphqlContext } from './context.ts'
import type { Documents } from './documents.ts'
import { mapEvents } from './map-events.ts'
import { type ErrorLog, type IncrementalPart, presentPart } from './present-errors.ts'
import { refuseLapsed } from './refuse-lapsed.ts'
import { createSubscribe } from './subscribe.ts'

/** What the door knows of a request when it hands it on. */
export interface YogaContext extends GraphqlContext {
  /** The body, where it was read already. */
  readonly given?: GraphQLParams | undefined
}

export type Yoga = ReturnType<typeof createYoga<YogaContext>>

export interface YogaOptions {
  readonly schema: GraphQLSchema
  readonly documents: Documents
  readonly acceptedTypes: AcceptedTypes
  readonly log: ErrorLog
}

const csrf = useCSRFPrevention()

/** GraphQL over HTTP, for all that does not take the fast lane. */
export function createEngine({ schema, documents, acceptedTypes, log }: YogaOptions): Yoga {
  return createYoga<YogaContext>({
    schema,
    plugins: [
      useDeferStream(),
      useGiven(),
      useDocuments(documents),
      useOwnExecution(documents),
      usePresentation(log),
      useLearning(acceptedTypes),
    ],
    graphqlEndpoint: '/graphql',
    maxRequestBodySize: false,
    parserAndValidationCache: false,
    maskedErrors: false,
    batching: false,
    multipart: false,
    cors: false,
    graphiql: false,
    landingPage: false,
    logging: false,
  })
}

/** Takes bodies that the door has read; other posts must be of a kind that no foreign form can send. */
function useGiven(): Plugin<YogaContext> {
  return {
    onRequestParse(payload) {
      const { given } = payload.serverContext as Partial<YogaContext>
      if (given !== undefined) payload.setRequestParser(() => given)
      else if (payload.request.method === 'POST') return csrf.onRequestParse?.(payload)
      return undefined
    },
  }
}

/** Parses and validates within the limits, and remembers both. */
function useDocuments(documents: Documents): Plugin<YogaContext> {
  return {
    onParse({ context, setParseFn }) {
      setParseFn((source) => {
        // Yoga has read the body meanwhile, for as long as the client took to send it.
        refuseLapsed(context)
        return documents.parse(String(typeof source === 'string' ? source : source.body))
      })
    },
    onValidate({ context, setValidationFn }) {
      const isAdmin = context.viewer.scopes.has('admin')
      setValidationFn((_schema, node, rules) =>
        documents.validate(node, { isAdmin, rules: rules as readonly ValidationRule[] }),
      )
    },
  }
}

/** graphql-js itself runs what is not incremental: the same code as in the fast lane, and the same words. */
function useOwnExecution(documents: Documents): Plugin<YogaContext> {
  const subscribe = createSubscribe(documents)
  return {
    onExecute({ args, setExecuteFn, setResultAndStopExecution }) {
      const refusal = documents
        .operation(args.document, args.operationName)
        ?.refusal(args.variableValues)
      if (refusal) setResultAndStopExecution({ errors: [refusal] })
      const incremental = /@(?:defer|stream)\b/.test(args.document.loc?.source.body ?? '')
      if (!incremental)
        setExecuteFn((given: ExecutionArgs) => execute({ ...given, hideSuggestions: true }))
    },
    onSubscribe({ setSubscribeFn }) {
      setSubscribeFn((args: ExecutionArgs) => subscribe(args))
    },
  }
}

function usePresentation(log: ErrorLog): Plugin<YogaContext> {
  return {
    onResultProcess({ result, serverContext, setResult }) {
      const requestId = 'requestId' in serverContext ? String(serverContext['requestId']) : ''
      const present = (part: ExecutionResult & IncrementalPart) =>
        presentPart(part, { requestId, log, overHttp: true })
      if (Array.isArray(result)) return
      if (Symbol.asyncIterator in result) {
        const parts = result[Symbol.asyncIterator]() as AsyncIterator<ExecutionResult, undefined>
        setResult(mapEvents(parts, present))
      } else setResult(present(result as ExecutionResult))
    },
  }
}

/** Lets the fast lane answer as Yoga does. */
function useLearning(acceptedTypes: AcceptedTypes): Plugin<YogaContext> {
  return {
    onResponse({ request, response }) {
      const type = response.headers.get('content-type')
      if (response.status === 200 && type) acceptedTypes.learn(request.headers.get('accept'), type)
    },
  }
}
