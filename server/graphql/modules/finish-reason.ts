import { builder } from '../builder.ts'

export const FinishReason = builder.enumType('FinishReason', {
  values: ['STOP', 'LENGTH', 'TOOL_CALLS', 'CONTENT_FILTER', 'ERROR', 'CANCELLED'] as const,
})
