import { type ErrorCode as Code, errorRules } from '#domain/errors.ts'
import { builder } from '../builder.ts'

export const ErrorCode = builder.enumType('ErrorCode', {
  values: Object.keys(errorRules) as Code[],
})
