import type { CompletionInput, ReasoningEffort } from '#web/graphql/documents.ts'

/** What is filled in: the model and its parameters are in the address, the texts stay in the tab. */
export interface Draft {
  readonly model: string
  readonly system: string
  readonly user: string
  readonly temperature: string
  readonly maxOutputTokens: string
  readonly topP: string
  readonly effort: string
}

const amount = (text: string) => (text.trim() === '' ? undefined : Number(text))

/** The draft as the schema wants it; what is left empty is left to the provider. */
export function completionInput(draft: Draft): CompletionInput {
  const message = (role: 'SYSTEM' | 'USER', text: string) => ({ role, content: [{ text }] })
  return {
    model: draft.model,
    messages: [
      ...(draft.system.trim() === '' ? [] : [message('SYSTEM', draft.system)]),
      message('USER', draft.user),
    ],
    temperature: amount(draft.temperature),
    topP: amount(draft.topP),
    maxOutputTokens: amount(draft.maxOutputTokens),
    reasoningEffort: draft.effort === '' ? undefined : (draft.effort as ReasoningEffort),
  }
}
