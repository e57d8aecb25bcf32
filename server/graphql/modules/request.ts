import { GatewayError } from '#domain/errors.ts'
import type { ApiSurface as Surface } from '#domain/request-record.ts'
import { attemptRowView } from '../attempt-view.ts'
import { builder } from '../builder.ts'
import type { GraphqlContext } from '../context.ts'
import { requestRowView } from '../request-view.ts'
import { snippetOf } from '../snippet.ts'
import { ApiKey } from './api-key.ts'
import { Attempt } from './attempt.ts'
import { ErrorCode } from './error-code.ts'
import { FinishReason } from './finish-reason.ts'
import { Priority } from './priority.ts'
import { ProviderRef } from './provider-ref.ts'
import { RequestPayload } from './request-payload.ts'
import { Tenant } from './tenant.ts'
import { Cost, TokenUsage } from './usage-and-cost.ts'

export const RequestStatus = builder.enumType('RequestStatus', {
  values: ['IN_PROGRESS', 'SUCCEEDED', 'FAILED', 'CANCELLED', 'REFUSED'] as const,
})

const surfaces: Readonly<Record<Surface, true>> = {
  GRAPHQL: true,
  OPENAI_CHAT: true,
  OPENAI_RESPONSES: true,
  OPENAI_EMBEDDINGS: true,
  ANTHROPIC_MESSAGES: true,
  MCP: true,
  AGENT: true,
  PLAYGROUND: true,
  REPLAY: true,
  CLI: true,
}

export const ApiSurface = builder.enumType('ApiSurface', {
  values: Object.keys(surfaces) as Surface[],
})

const SnippetLanguage = builder.enumType('SnippetLanguage', {
  values: ['CURL', 'TYPESCRIPT', 'PYTHON', 'GRAPHQL', 'CLI'] as const,
})

/** Fields of this type may return a call that is at hand, or the id of one to be read; a page is read at once. */
export const Request = builder.loadableNodeRef('Request', {
  id: { resolve: ({ id }) => id },
  load: async (ids: string[], { services, viewer }: GraphqlContext) => {
    const rows = await services.prisma.request.findMany({
      where: { tenantId: viewer.tenantId, id: { in: ids } },
    })
    const byId = new Map(rows.map((row) => [row.id, requestRowView(row)]))
    return ids.map(
      (id) =>
        byId.get(id.toLowerCase()) ?? new GatewayError('NOT_FOUND', `There is no request ${id}.`),
    )
  },
})

Request.implement({
  fields: (t) => ({
    requestId: t.exposeID('id', {
      description: 'The UUID in logs and in the X-Request-ID header.',
    }),
    traceId: t.exposeString('traceId', { nullable: true }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    finishedAt: t.expose('finishedAt', { type: 'DateTime', nullable: true }),
    status: t.expose('status', { type: RequestStatus }),
    surface: t.expose('surface', { type: ApiSurface }),
    requestedModel: t.exposeString('requestedModel'),
    servedModel: t.exposeString('servedModel', { nullable: true }),
    providerName: t.exposeString('providerName', { nullable: true }),
    provider: t.field({
      type: ProviderRef,
      nullable: true,
      resolve: ({ providerName }, _args, { services }) =>
        providerName === null ? null : services.providers.find(providerName),
    }),
    simulated: t.exposeBoolean('simulated', { description: 'Served by the simulator.' }),
    apiKey: t.field({
      type: ApiKey,
      nullable: true,
      resolve: ({ apiKeyId }, _args, { loaders }) =>
        apiKeyId === null ? null : loaders.apiKey(apiKeyId),
    }),
    tenant: t.field({
      type: Tenant,
      resolve: ({ tenantId }, _args, { loaders }) => loaders.tenant(tenantId),
    }),
    endUser: t.exposeString('endUser', { nullable: true }),
    sessionId: t.exposeString('sessionId', { nullable: true }),
    clientIp: t.exposeString('clientIp', { nullable: true }),
    tags: t.stringList({ resolve: ({ tags }) => [...tags] }),
    metadata: t.expose('metadata', { type: 'JSON', nullable: true }),
    stream: t.exposeBoolean('stream'),
    priority: t.expose('priority', { type: Priority }),
    finishReason: t.expose('finishReason', { type: FinishReason, nullable: true }),
    latencyMs: t.exposeFloat('latencyMs', { nullable: true }),
    timeToFirstTokenMs: t.exposeFloat('timeToFirstTokenMs', { nullable: true }),
    queuedMs: t.exposeFloat('queuedMs', { nullable: true }),
    overheadMs: t.exposeFloat('overheadMs', {
      nullable: true,
      description: 'Time the gateway itself added: latency minus waiting for providers.',
    }),
    usage: t.expose('usage', { type: TokenUsage, nullable: true }),
    cost: t.expose('cost', { type: Cost, nullable: true }),
    errorCode: t.expose('errorCode', { type: ErrorCode, nullable: true }),
    errorMessage: t.exposeString('errorMessage', { nullable: true }),
    httpStatus: t.exposeInt('httpStatus', { nullable: true }),
    configVersion: t.exposeInt('configVersion', { nullable: true }),
    payload: t.field({
      type: RequestPayload,
      nullable: true,
      description: 'Bodies live apart; null when not stored, `notStoredReason` says why.',
      resolve: () => ({ notStoredReason: 'Payload storage is off.' }),
    }),
    attempts: t.field({
      type: [Attempt],
      resolve: async ({ attempts, id }, _args, { loaders }) =>
        attempts ? [...attempts] : (await loaders.attempts(id)).map(attemptRowView),
    }),
    snippet: t.string({
      description: 'Ready-to-paste reproduction with secrets replaced by environment variables.',
      args: { language: t.arg({ type: SnippetLanguage, required: true }) },
      resolve: (request, { language }, { origin }) => snippetOf(request, { language, origin }),
    }),
  }),
})
