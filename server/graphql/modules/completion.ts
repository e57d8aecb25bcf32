import type {
  Citation as DomainCitation,
  ToolCall as DomainToolCall,
} from '#domain/answer-draft.ts'
import { estimateUsage } from '#domain/hold.ts'
import { unpriced } from '#domain/price.ts'
import type { RequestRecord } from '#domain/request-record.ts'
import type { TokenUsage as Usage } from '#domain/usage.ts'
import type { Completion as DomainCompletion } from '#gateway/completion-event.ts'
import { attemptView } from '../attempt-view.ts'
import { builder } from '../builder.ts'
import { requestView } from '../request-view.ts'
import { Attempt } from './attempt.ts'
import { FinishReason } from './finish-reason.ts'
import { ProviderRef } from './provider-ref.ts'
import { Request } from './request.ts'
import { Cost, TokenUsage } from './usage-and-cost.ts'

const ToolCall = builder.objectRef<DomainToolCall>('ToolCall').implement({
  fields: (t) => ({
    id: t.exposeID('id'),
    name: t.exposeString('name'),
    argumentsJson: t.exposeString('argumentsJson'),
  }),
})

const Citation = builder.objectRef<DomainCitation>('Citation').implement({
  fields: (t) => ({
    url: t.expose('url', { type: 'URL', nullable: true }),
    title: t.exposeString('title', { nullable: true }),
  }),
})

export const Completion = builder.objectRef<DomainCompletion>('Completion').implement({
  fields: (t) => ({
    id: t.id({ resolve: ({ record }) => record.id }),
    request: t.field({ type: Request, resolve: ({ record }) => requestView(record) }),
    model: t.string({ resolve: ({ record }) => record.servedModel ?? record.requestedModel }),
    providerName: t.string({ resolve: ({ record }) => record.providerName ?? '' }),
    provider: t.field({
      type: ProviderRef,
      nullable: true,
      resolve: ({ record }, _args, { services }) =>
        services.providers.find(record.providerName ?? ''),
    }),
    text: t.exposeString('text'),
    reasoning: t.exposeString('reasoning', { nullable: true }),
    refusal: t.exposeString('refusal', { nullable: true }),
    toolCalls: t.field({ type: [ToolCall], resolve: ({ toolCalls }) => [...toolCalls] }),
    citations: t.field({ type: [Citation], resolve: ({ citations }) => [...citations] }),
    finishReason: t.field({
      type: FinishReason,
      resolve: ({ record }) => record.finishReason ?? 'STOP',
    }),
    usage: t.field({ type: TokenUsage, resolve: ({ record }) => record.usage ?? boundOf(record) }),
    cost: t.field({ type: Cost, resolve: ({ record }) => record.cost ?? unpriced }),
    attempts: t.field({
      type: [Attempt],
      resolve: ({ record }) => record.attempts.map(attemptView),
    }),
  }),
})

/** What a call can have used at most, where nobody counted. */
function boundOf({ attempts }: RequestRecord): Usage {
  const hold = attempts.at(-1)?.hold ?? {
    inputTokens: 0,
    outputTokens: 0,
    cost: null,
    priceVersion: null,
  }
  return estimateUsage(hold, { producedBytes: 0, complete: true, unseenMs: Infinity, choices: 1 })
}
