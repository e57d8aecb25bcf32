import { plainText } from '#domain/plain-text.ts'
import type { CallRequest } from '#gateway/call.ts'
import type { CompletionChoice } from './completion-choice.ts'
import { askedCompletion } from './completion-request.ts'
import type { GraphqlContext } from './context.ts'

/** The call that an input asks for. @throws {GatewayError} INVALID_REQUEST with the path of every faulty field. */
export function callRequest(
  input: CompletionChoice,
  { context, stream }: { context: GraphqlContext; stream: boolean },
): CallRequest {
  return {
    ...askedCompletion(input, { stream }),
    id: context.nextCallId(),
    viewer: context.viewer,
    surface: context.surface,
    priority: input.priority ?? 'NORMAL',
    clientIp: context.clientIp,
    endUser: plainText(input.endUser ?? undefined),
    sessionId: input.sessionId?.normalize('NFC') ?? null,
    tags: [...new Set(input.tags ?? [])].map((tag) => tag.normalize('NFC')),
    metadata: (input.metadata as Readonly<Record<string, unknown>> | null | undefined) ?? null,
    traceId: context.traceId,
    // It is kept live, which does its own waiting for a listener.
    ...(input.idempotencyKey && {
      idempotency: { key: input.idempotencyKey, noWait: false, graceMs: 0 },
    }),
  }
}
