import { builder } from '../builder.ts'

export const Priority = builder.enumType('Priority', {
  values: ['LOW', 'NORMAL', 'HIGH', 'CRITICAL'] as const,
})
