import { wrapErrorIfMatches } from '@pothos/plugin-errors'
import type { CompletionEvent as Event } from '#gateway/completion-event.ts'
import { type ApiError, apiError, apiErrors } from '../api-error.ts'
import { attemptView } from '../attempt-view.ts'
import { builder } from '../builder.ts'
import { followCompletion, streamCompletion } from '../run-completion.ts'
import { Attempt } from './attempt.ts'
import { Completion } from './completion.ts'
import { CompletionInput } from './completion-input.ts'
import { ErrorInterface } from './error.ts'

type Of<Type extends Event['type']> = Extract<Event, { type: Type }>

const typeNames: Readonly<Record<Event['type'], string>> = {
  queued: 'CompletionQueued',
  started: 'CompletionStarted',
  text: 'CompletionTextDelta',
  reasoning: 'CompletionReasoningDelta',
  'tool-call': 'CompletionToolCallDelta',
  'fell-back': 'CompletionFellBack',
  finished: 'CompletionFinished',
  failed: 'CompletionFailed',
}

const CompletionEvent = builder.interfaceRef<Event>('CompletionEvent').implement({
  description:
    '`seq` is dense from 0 and no event is ever dropped, so a client that lost its connection resumes with `afterSeq`.',
  resolveType: ({ type }) => typeNames[type],
  fields: (t) => ({
    completionId: t.exposeID('completionId'),
    seq: t.exposeInt('seq'),
    at: t.expose('at', { type: 'DateTime' }),
  }),
})

const interfaces = [CompletionEvent]

builder.objectRef<Of<'queued'>>('CompletionQueued').implement({
  interfaces,
  fields: (t) => ({ position: t.exposeInt('position') }),
})

builder.objectRef<Of<'started'>>('CompletionStarted').implement({
  interfaces,
  fields: (t) => ({ providerName: t.exposeString('providerName'), model: t.exposeString('model') }),
})

builder.objectRef<Of<'text'>>('CompletionTextDelta').implement({
  interfaces,
  fields: (t) => ({ text: t.exposeString('text') }),
})

builder.objectRef<Of<'reasoning'>>('CompletionReasoningDelta').implement({
  interfaces,
  fields: (t) => ({ text: t.exposeString('text') }),
})

builder.objectRef<Of<'tool-call'>>('CompletionToolCallDelta').implement({
  interfaces,
  fields: (t) => ({
    index: t.exposeInt('index'),
    id: t.exposeID('id', { nullable: true }),
    name: t.exposeString('name', { nullable: true }),
    argumentsDelta: t.exposeString('argumentsDelta'),
  }),
})

builder.objectRef<Of<'fell-back'>>('CompletionFellBack').implement({
  interfaces,
  fields: (t) => ({
    failed: t.field({ type: Attempt, resolve: ({ failed }) => attemptView(failed) }),
    nextProviderName: t.exposeString('nextProviderName'),
  }),
})

builder.objectRef<Of<'finished'>>('CompletionFinished').implement({
  interfaces,
  fields: (t) => ({ completion: t.expose('completion', { type: Completion }) }),
})

builder.objectRef<Of<'failed'>>('CompletionFailed').implement({
  description: 'The answer ended early. `partialText` is what had been sent; it has been charged.',
  interfaces,
  fields: (t) => ({
    error: t.field({
      type: ErrorInterface,
      // Wrapped, as the plugin wraps members of results: an executor takes a plain Error for one that was thrown.
      resolve: ({ attempts, completionId, error }) =>
        wrapErrorIfMatches(
          apiError(error, { requestId: completionId, attempts }),
          apiErrors,
        ) as ApiError,
    }),
    partialText: t.exposeString('partialText'),
  }),
})

builder.subscriptionFields((t) => ({
  completionStream: t.field({
    type: CompletionEvent,
    authScopes: { may: 'complete' },
    description: `Starts and streams in one operation. Completing it cancels the call at once; a lost socket cancels it after 10 seconds,
unless the same operation id (which the graphql-ws client sends again when it reconnects) or the same idempotencyKey
attaches to it anew: then the events come again from seq 0 and nothing is called or charged twice.`,
    args: { input: t.arg({ type: CompletionInput, required: true }) },
    subscribe: (_root, { input }, context) => streamCompletion(input, context),
    resolve: (event) => event,
  }),
  completionEvents: t.field({
    type: CompletionEvent,
    authScopes: { may: 'complete' },
    description:
      'Resumable: pass the last seq you saw. Events stay available for 60 seconds after the end.',
    args: {
      completionId: t.arg.id({ required: true }),
      afterSeq: t.arg.int({ required: true, defaultValue: -1 }),
    },
    subscribe: (_root, args, context) => followCompletion(args, context),
    resolve: (event) => event,
  }),
}))
